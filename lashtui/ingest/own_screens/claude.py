"""Claude Code's own screen: hooks for this one run, its transcript, and what it says of its state.

The hooks come by `--settings`. Claude Code takes the last such option alone, so settings that the
user gives there are kept: ours are added to them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lashd.clock import now_ms
from lashd.errors import LashdError
from lashtui.hooks.agents import CLAUDE_RUN
from lashtui.hooks.settings import EMPTY, with_hooks
from lashtui.hooks.spool import Spool, script
from lashtui.hooks.version import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lashtui.ingest.launch import Launch
    from lashtui.ingest.own_screens.screen import OwnScreen, Told

OPTION: Final = "--settings"
MAX_SETTINGS: Final = 4 * 1024 * 1024
"""Bytes of a settings file; a person's has a few thousand."""


def open_screen(start: Launch, environment: Mapping[str, str]) -> OwnScreen | None:
    """Make what the hooks need; where that can't be had, the transcript alone is followed."""
    return ClaudeScreen(start.command, start.screen_at, environment)


def given_settings(command: Sequence[str], place: int) -> tuple[list[str], str | None]:
    """A command without its `--settings`, and the one of them that counts.

    Args:
        command: of the user.
        place: where options of its screen go.
    """
    end = command.index("--", place) if "--" in command[place:] else len(command)
    left: list[str] = list(command[:place])
    given: str | None = None
    at = place
    while at < end:
        word = command[at]
        if word == OPTION and at + 1 < end:
            given, at = command[at + 1], at + 2
        elif word.startswith(OPTION + "="):
            given, at = word.partition("=")[2], at + 1
        else:
            left.append(word)
            at += 1
    return [*left, *command[end:]], given


def read_settings(given: str) -> str | None:
    """The text of settings as the option takes them: JSON or a file; None: it can't be read."""
    if given.lstrip().startswith("{"):
        return given
    try:
        with open(given, "rb") as file:
            data = file.read(MAX_SETTINGS + 1)
        return data.decode() if len(data) <= MAX_SETTINGS else None
    except (OSError, ValueError):
        return None


class ClaudeScreen:
    """Claude Code with hooks of ours, in a directory that only this user can look into."""

    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(self, command: list[str], place: int, environment: Mapping[str, str]) -> None:
        """Make it.

        Args:
            command: of the user.
            place: where options of its screen go.
            environment: where Claude Code keeps its things.
        """
        self.command = command
        self.added: tuple[str, ...] = ()
        self._environment = environment
        self._began_ms = now_ms()
        self._directory = ""
        self._spool: Spool | None = None
        left, given = given_settings(command, place)
        version = version_of(command[:place])
        if version is None or version < CLAUDE_RUN.since:
            return  # Claude Code would say on its screen what is wrong with them
        # Only now: a pipe (`--settings <(...)`) can be read once.
        text = EMPTY if given is None else read_settings(given)
        if text is None:
            return
        try:
            added = self._prepare(text)
        except (OSError, ValueError, LashdError):
            self.close()
            return
        self.added = (OPTION, added)
        self.command = [*left[:place], *self.added, *left[place:]]

    def _prepare(self, text: str) -> str:
        """The program, a place for what it is told, and the settings that name it."""
        self._directory = tempfile.mkdtemp(prefix="lashtui-claude-")
        calls = os.path.join(self._directory, "calls")
        program = os.path.join(self._directory, "hook")
        settings = os.path.join(self._directory, "settings.json")
        _write(program, script(CLAUDE_RUN.title, calls), 0o700)
        if not os.access(program, os.X_OK):
            raise PermissionError(f"no program may be run in {self._directory}")
        _write(settings, with_hooks(text, CLAUDE_RUN, program), 0o600)
        self._spool = Spool(calls)
        self._spool.__enter__()
        return settings

    @cached_property
    def first(self) -> Told:
        """What it tells."""
        from lashtui.ingest.own_screens.claude_told import ClaudeTold

        return ClaudeTold(self._environment, self._spool, began_ms=self._began_ms)

    def more(self) -> list[Told]:
        """None: a session that begins in it goes on in the first."""
        return []

    def close(self) -> None:
        """Remove the directory."""
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory, self._spool = "", None


def _write(path: str, text: str, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(path, flags, mode), "wb") as file:
        file.write(text.encode())
