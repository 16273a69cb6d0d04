"""Whether the agent that writes a session's file still runs, as far as this machine shows it."""

from __future__ import annotations

import os
import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lashtui.ingest.growing import beginning
from lashtui.process.where import real_directory
from lashtui.producers.fields import int_of, text_of

if TYPE_CHECKING:
    from lashtui.ingest.transcripts import About
    from lashtui.process.others import Command, Processes

_HOLDS: Final = {"codex-rollout": "codex"}
"""Formats whose agent keeps its file open as long as it runs, and the name of its process."""

PROGRAMS: Final = {
    "claude-transcript": re.compile(r"(?:\A|/)claude(?:\.exe)?\Z|claude-(?:code|agent)"),
    "copilot": re.compile(r"(?:\A|/)copilot(?:-linux-\w+)?\Z|github/copilot"),
    "gemini-transcript": re.compile(r"(?:\A|/)gemini(?:\.js)?\Z|gemini-cli"),
    "kimi-wire": re.compile(r"(?:\A|/)kimi\Z|kimi-code"),
    "pi-transcript": re.compile(r"(?:\A|/)pi(?:\.js)?\Z|pi-coding-agent"),
    "qwen-transcript": re.compile(r"(?:\A|/)qwen(?:\.js)?\Z|qwen-code"),
}
"""What a word of their command looks like: of the agent itself, or of a package that holds it."""

_WORDS: Final = 4
"""Words of a command among which its program is: the name, an interpreter, an option, its script.
A prompt that comes later may name anything."""

MAX_CLAUDES: Final = 1024
"""Files that tell of running Claudes; no machine runs so many."""
MAX_TOLD: Final = 64 * 1024
"""Bytes of such a file."""


class Presence(Enum):
    """What is seen of an agent."""

    THERE = auto()
    HIDDEN = auto()
    """A process of its name runs that can't be looked at."""
    UNSEEN = auto()
    """Nothing is seen of it here: it has ended, or runs elsewhere, as in a container."""


def agents_among(processes: Processes) -> Processes:
    """The same without the commands that are none of an agent's."""
    own = [each for each in processes.commands if any(_runs(each, p) for p in PROGRAMS.values())]
    return processes._replace(commands=tuple(own))


def presence_of(path: str, about: About, processes: Processes) -> Presence:
    """What is seen of the agent that writes the file at `path`."""
    if about.format in _HOLDS:
        if path in processes.files:
            return Presence.THERE
        return Presence.HIDDEN if _HOLDS[about.format] in processes.hidden else Presence.UNSEEN
    if about.format == "claude-transcript":
        told = _told_pids(path)
        if told:
            return Presence.THERE if told & processes.numbers else Presence.UNSEEN
    program = PROGRAMS.get(about.format)
    if program is None:
        return Presence.HIDDEN
    directory = real_directory(about.directory) if about.directory else ""
    signs = {
        Presence.HIDDEN if not command.directory else Presence.THERE
        for command in processes.commands
        if not directory or command.directory in ("", directory)
        if _runs(command, program) and not _runs_another(path, about, command)
    }
    return Presence.THERE if Presence.THERE in signs else next(iter(signs), Presence.UNSEEN)


def pid_of(path: str, about: About, processes: Processes) -> int | None:
    """The process of the agent that writes the file at `path`; None where it can't be told."""
    if about.format in _HOLDS:
        return processes.holders.get(path)
    found: set[int] = set()
    if about.format == "claude-transcript":
        found = _told_pids(path) & processes.numbers
    program, directory = PROGRAMS.get(about.format), about.directory
    if not found and program is not None and directory:
        directory = real_directory(directory)
        there = (each for each in processes.commands if each.directory == directory)
        found = {
            command.number
            for command in there
            if _runs(command, program) and not _runs_another(path, about, command)
        }
    return found.pop() if len(found) == 1 else None


def _runs_another(path: str, about: About, command: Command) -> bool:
    """Whether it is a Claude that says that it runs another session than that of `path`."""
    if about.format != "claude-transcript":
        return False
    home = path.partition(f"{os.sep}projects{os.sep}")[0]
    return told_session(home, command.number) not in ("", _session_of(path))


def _session_of(path: str) -> str:
    return os.path.basename(path).partition(".")[0]


def _runs(command: Command, program: re.Pattern[str]) -> bool:
    words = command.words[:_WORDS]
    if "-c" in words:  # a shell's: what follows is a script, which may name anything
        words = words[: words.index("-c")]
    # Who watches the agent names its session.
    return not any("lashtui" in word for word in words) and any(map(program.search, words))


def _told_pids(path: str) -> set[int]:
    """The processes that run this session of Claude, as they say themselves, or said and died.

    Each keeps `sessions/PID.json` beside `projects`; one that ends in order removes it. Older
    versions have no such files.
    """
    home = path.partition(f"{os.sep}projects{os.sep}")[0]
    session = _session_of(path)
    found: set[int] = set()
    try:
        with os.scandir(os.path.join(home, "sessions")) as entries:
            names = [entry.path for entry, _ in zip(entries, range(MAX_CLAUDES), strict=False)]
    except OSError:
        return found
    for name in names:
        record = read_told(name) if name.endswith(".json") else None
        number = int_of(record, "pid")
        if number is None:
            stem = os.path.basename(name).removesuffix(".json")
            number = int(stem) if stem.isascii() and stem.isdecimal() else None
        if record is not None and number is not None and text_of(record, "sessionId") == session:
            found.add(number)
    return found


def told_session(home: str, number: int) -> str:
    """The session of Claude that process `number` says it runs; empty if it says none."""
    return text_of(read_told(os.path.join(home, "sessions", f"{number}.json")), "sessionId")


def read_told(path: str) -> dict[str, Any] | None:
    """What a running Claude says of itself in its file; None: nothing, or no such file."""
    try:
        record = msgspec.json.decode(beginning(path, MAX_TOLD))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
