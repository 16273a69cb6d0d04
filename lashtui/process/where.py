"""Where another process of this user runs, as the system shows it."""

from __future__ import annotations

import os
from typing import Any

from lashd.publish.where import MAX_STAT, PROC, read_start, this_host, tty_of, where_of

MAX_ENVIRONMENT = 256 * 1024
"""Bytes of a process's environment that are read: more than most systems have of all of it."""


def where_of_process(pid: int, root: str = PROC) -> dict[str, Any] | None:
    """Where another process of this user runs; None if it has ended or is another user's."""
    folder = os.path.join(root, str(pid))
    try:
        if os.stat(folder).st_uid != os.getuid():
            return None
    except OSError:
        return None
    environ = environment_of(pid, root)
    tty = tty_of(read_start(os.path.join(folder, "stat"), MAX_STAT))
    return where_of(environ, host=this_host(), pid=pid, tty=tty)


def environment_of(pid: int, root: str = PROC) -> dict[str, str]:
    """The variables that a process was started with; none if they can't be seen."""
    return environment(read_start(os.path.join(root, str(pid), "environ"), MAX_ENVIRONMENT))


def environment(data: bytes) -> dict[str, str]:
    """The variables of a process's `environ`, of one that may be cut."""
    pairs = (item.partition("=") for item in data.decode("utf-8", "replace").split("\0"))
    return {name: value for name, equals, value in pairs if equals}


def real_directory(path: str) -> str:
    """A directory that an agent names, without links; as it is where no system can have it."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a zero byte, or half of a character
        return path
