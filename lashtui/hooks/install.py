"""Puts hooks into an agent's settings for good, and takes them out again."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lashd.paths import make_private_dir
from lashtui.hooks import spool
from lashtui.hooks.agents import folder
from lashtui.hooks.settings import (
    EMPTY,
    are_complete,
    are_disabled,
    events_with,
    with_hooks,
    without_hooks,
)
from lashtui.saved.atomic import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashtui.hooks.agents import HookedAgent

MAX_SETTINGS: Final = 4 * 1024 * 1024
"""Bytes of a settings file; a person's has a few thousand."""


_PLAIN: Final = re.compile(r"[\w./@%+=:,-]+\Z", re.ASCII)
"""A path that a shell takes as it is."""


class HooksError(Exception):
    """The settings were left as they are; the message says why."""


class Installed(NamedTuple):
    """How things are."""

    settings: str
    """The file, with links resolved."""
    events: tuple[str, ...]
    """Those that call us."""
    is_complete: bool
    """All that this version uses do, and what they call is there."""
    is_disabled: bool
    """The settings turn all hooks off."""
    readers: tuple[int, ...]
    """Processes that they reach now."""


class _Note(msgspec.Struct):
    """What is needed to give a file back as it was, byte by byte."""

    settings: str
    existed: bool
    wrote: str
    """The hash of what was written: only if that is still there nothing else is lost."""


def settings_path(agent: HookedAgent, environment: Mapping[str, str]) -> str:
    """The file that is changed: where a link leads, the link stays."""
    return os.path.realpath(agent.settings(environment))


def look(agent: HookedAgent, environment: Mapping[str, str]) -> Installed:
    """How things are.

    Raises:
        HooksError: the settings can't be read.
    """
    path, program = settings_path(agent, environment), agent.program(environment)
    text = _text(path) or EMPTY
    try:
        events = events_with(text, program)
        is_complete = are_complete(text, agent, program) and os.access(program, os.X_OK)
        is_disabled = are_disabled(text)
    except ValueError as problem:
        raise HooksError(f"{path}: {problem}") from None
    readers = spool.readers(agent.place(environment))
    return Installed(path, tuple(events), is_complete, is_disabled, tuple(readers))


def install(agent: HookedAgent, environment: Mapping[str, str]) -> None:
    """Add the hooks, after the program that they run.

    Raises:
        HooksError: nothing was changed.
        LashdError: no directory for it can be made.
        OSError: a file can't be written.
    """
    path, program = settings_path(agent, environment), agent.program(environment)
    if agent.uses_shell and not _PLAIN.match(program):
        raise HooksError(f"{agent.title} can't run {program}: a shell takes its name apart")
    before = _text(path)
    try:
        own = without_hooks(before or EMPTY, program)
        after = with_hooks(before or EMPTY, agent, program)
    except ValueError as problem:
        raise HooksError(f"{path}: {problem}; mend it first") from None
    make_private_dir(folder(environment))
    make_private_dir(agent.place(environment))
    _write_program(program, spool.script(agent.title, agent.place(environment)))
    kept = _kept(agent, environment)
    if before is None or own == before:
        # Where ours are in it already, what it was before them is kept already, or gone.
        replace_file(kept + ".before", own.encode())
        _write_note(kept, _Note(path, before is not None, _hash(after)))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _replace(path, before, after)
    note = _note(kept)
    if note is not None and own != before and before is not None:
        _write_note(kept, _Note(path, note.existed, _hash(after)))


def uninstall(agent: HookedAgent, environment: Mapping[str, str]) -> None:
    """Remove the hooks, and what belongs to them but for the program, if they were there.

    A session that runs may call that once more before it reads its settings again; an agent shows
    a program that is missing.

    Raises:
        HooksError: the settings can't be read as such; nothing was changed.
        OSError: a file can't be written.
    """
    path, program = settings_path(agent, environment), agent.program(environment)
    kept = _kept(agent, environment)
    text, note = _text(path), _note(kept)
    were_there = False
    if text is not None:
        try:
            after: str | None = without_hooks(text, program)
        except ValueError as problem:
            raise HooksError(f"{path}: {problem}; mend it first") from None
        were_there = after != text
        if note is not None and note.settings == path and note.wrote == _hash(text):
            after = _text(kept + ".before") if note.existed else None
        if after is None:
            os.unlink(path)
        elif after != text:
            _replace(path, text, after)
    for each in (kept + ".before", kept + ".json", *([] if were_there else [program])):
        _unlink(each)
    for each in (agent.place(environment), folder(environment)):
        try:
            os.rmdir(each)
        except OSError:
            pass  # somebody reads, or other agents have hooks


def _text(path: str) -> str | None:
    """A file's text; None if there is none."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SETTINGS + 1)
        if len(data) > MAX_SETTINGS:
            raise HooksError(f"{path} is larger than settings are; it was left alone")
        return data.decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise HooksError(f"{path} is not UTF-8; mend it first") from None
    except OSError as problem:
        raise HooksError(f"{path}: {problem.strerror}") from None


def _replace(path: str, before: str | None, after: str) -> None:
    if _text(path) != before:
        raise HooksError(f"{path} was changed meanwhile; try again")
    if after != before:
        # The agent's settings may hold keys: a new file is the user's alone.
        replace_file(path, after.encode(), private=before is None)


def _write_program(path: str, text: str) -> None:
    replace_file(path, text.encode())
    os.chmod(path, 0o700)
    if not os.access(path, os.X_OK):
        _unlink(path)
        raise HooksError(f"programs can't be run from {os.path.dirname(path)}; nothing was changed")


def _kept(agent: HookedAgent, environment: Mapping[str, str]) -> str:
    return os.path.join(folder(environment), agent.name)


def _note(kept: str) -> _Note | None:
    try:
        with open(kept + ".json", "rb") as file:
            return msgspec.json.decode(file.read(MAX_SETTINGS), type=_Note)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None


def _write_note(kept: str, note: _Note) -> None:
    replace_file(kept + ".json", msgspec.json.encode(note))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
