"""The other processes on this machine, where the system shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from lashd.publish.where import MAX_STAT, PROC, read_start

MAX_PROCESSES = 65_536
"""Processes that are looked at; no machine of a person has more."""
MAX_COMMAND = 4096
"""Bytes of a command that are read: the program's name comes first."""

MAX_ABOVE = 8
"""Processes above one that are looked at: shells and wrappers."""

NO_HOLDERS: Mapping[str, int] = MappingProxyType({})


class Command(NamedTuple):
    """What a process was started as."""

    words: tuple[str, ...]
    """Its short name, and the words of its command."""
    directory: str
    """Where it works; empty if that can't be seen."""
    number: int = 0
    """The process's id."""
    parent: int = 0
    """The process that started it; 0 if that can't be seen."""


class Processes(NamedTuple):
    """What runs now."""

    hidden: frozenset[str]
    """Short names of those whose open files can't be seen."""
    files: frozenset[str]
    """Files that other processes of this user have open."""
    commands: tuple[Command, ...] = ()
    """All but this process."""
    numbers: frozenset[int] = frozenset()
    holders: Mapping[str, int] = NO_HOLDERS
    """By one of `files` a process that has it open."""


def processes(root: str = PROC) -> Processes | None:
    """The processes; None where the system has no list of them as files (macOS)."""
    own = str(os.getpid())
    try:
        numbers = [name for name in os.listdir(root) if name.isdecimal()][:MAX_PROCESSES]
    except OSError:
        return None
    if not numbers:
        return None
    hidden: set[str] = set()
    holders: dict[str, int] = {}
    commands: list[Command] = []
    for number in numbers:
        folder = os.path.join(root, number)
        name = short_name(folder)
        if name is None or number == own:
            continue
        words = (name, *_words(folder))
        commands.append(Command(words, _directory(folder), int(number), _parent(folder)))
        try:
            opened = os.listdir(os.path.join(folder, "fd"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:  # it is another user's
            hidden.add(name)
            continue
        for descriptor in opened:
            try:
                target = os.readlink(os.path.join(folder, "fd", descriptor))
            except OSError:
                continue
            if target.startswith(os.sep):
                holders.setdefault(target, int(number))
    running = frozenset(map(int, numbers))
    return Processes(frozenset(hidden), frozenset(holders), tuple(commands), running, holders)


def short_name(folder: str) -> str | None:
    """The short name of the process whose folder this is; None: it has ended."""
    try:
        with open(os.path.join(folder, "comm"), encoding="utf-8", errors="replace") as file:
            return file.read(64).strip()
    except OSError:
        return None


def _words(folder: str) -> list[str]:
    try:
        with open(os.path.join(folder, "cmdline"), "rb") as file:
            command = file.read(MAX_COMMAND)
    except OSError:
        return []
    return command.rstrip(b"\0").decode("utf-8", "replace").split("\0")


def _parent(folder: str) -> int:
    # The second field is the command's name in brackets, and may hold anything.
    fields = read_start(os.path.join(folder, "stat"), MAX_STAT).rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0


def above(number: int, found: Processes) -> list[int]:
    """The processes that started process `number`, the nearest first."""
    parents = {each.number: each.parent for each in found.commands}
    numbers: list[int] = []
    while len(numbers) < MAX_ABOVE and (number := parents.get(number, 0)) > 1:
        numbers.append(number)
    return numbers


def is_below(number: int, ancestor: int, root: str = PROC) -> bool:
    """Whether process `number` was started by `ancestor`, or by one that was; False if unseen."""
    return ancestor in _starters(number, root)


def commands_above(number: int, root: str = PROC) -> Iterator[list[str]]:
    """The commands of the processes that started this one, the nearest first."""
    for each in _starters(number, root):
        yield _words(os.path.join(root, str(each)))


def _starters(number: int, root: str) -> Iterator[int]:
    """As `above`, asked of the system one by one."""
    for _ in range(MAX_ABOVE):
        number = _parent(os.path.join(root, str(number)))
        if number <= 0:
            return
        yield number


def began(number: int, root: str = PROC) -> float | None:
    """When a process of this user began, in seconds since the epoch; None of any other."""
    try:
        found = os.stat(os.path.join(root, str(number)))
    except OSError:
        return None
    return found.st_mtime if found.st_uid == os.getuid() else None


def _directory(folder: str) -> str:
    try:
        return os.readlink(os.path.join(folder, "cwd"))
    except OSError:
        return ""
