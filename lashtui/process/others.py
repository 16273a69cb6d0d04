"""The other processes on this machine, where the system shows them."""

from __future__ import annotations

import os
from typing import NamedTuple

PROC = "/proc"
MAX_PROCESSES = 65_536
"""Processes that are looked at; no machine of a person has more."""


class Processes(NamedTuple):
    """What runs now."""

    hidden: frozenset[str]
    """Short names of those whose open files can't be seen."""
    files: frozenset[str]
    """Files that other processes of this user have open."""


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
    files: set[str] = set()
    for number in numbers:
        folder = os.path.join(root, number)
        try:
            with open(os.path.join(folder, "comm"), encoding="utf-8", errors="replace") as comm:
                name = comm.read(64).strip()
        except OSError:
            continue  # it has ended
        try:
            opened = os.listdir(os.path.join(folder, "fd")) if number != own else []
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
                files.add(target)
    return Processes(frozenset(hidden), frozenset(files))
