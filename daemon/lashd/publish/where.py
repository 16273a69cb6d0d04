"""Where this process runs, for whoever has to answer an agent: host, process, terminal, tmux.

What the system doesn't show of it is left out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PROC = "/proc"
MAX_STAT = 4096
"""Bytes of a process's `stat`: one line of numbers."""
_PTS = range(136, 144)
"""Device numbers (major) of pseudo-terminals on Linux."""
_CONSOLE = 4
"""That of its consoles, tty1 to tty63."""


def where_of(
    environ: Mapping[str, str], *, host: str, pid: int | None, tty: str | None
) -> dict[str, Any]:
    """What `open` says of where an agent runs; `environ` is the agent's."""
    found = {"host": host or None, "pid": pid, "tty": tty, "tmux": tmux_of(environ)}
    return {key: value for key, value in found.items() if value is not None}


def tmux_of(environ: Mapping[str, str]) -> dict[str, str] | None:
    """The pane of tmux that a process was started in; None outside of tmux."""
    socket, pane = tmux_socket(environ), environ.get("TMUX_PANE", "")
    return {"socket": socket, "pane": pane} if socket and pane else None


def tmux_socket(environ: Mapping[str, str]) -> str:
    """The socket of the tmux server that a process is in; empty outside of tmux."""
    # `path,pid,session`: a path may have commas of its own.
    return environ.get("TMUX", "").rsplit(",", 2)[0]


def where_here(pid: int | None = None) -> dict[str, Any]:
    """Where an agent runs that was started in this process's terminal, as process `pid`."""
    tty = next((name for number in (0, 1, 2) if (name := _tty_name(number))), None)
    tty = tty or tty_of(read_start(os.path.join(PROC, "self", "stat"), MAX_STAT))
    return where_of(os.environ, host=this_host(), pid=pid, tty=tty)


def tty_of(stat: bytes) -> str | None:
    """The terminal that a process's `stat` tells; None where it has none."""
    # The second field is the command's name in brackets, and may hold anything.
    fields = stat.rpartition(b")")[2].split()
    if len(fields) < 5 or not fields[4].isdigit():
        return None
    device = int(fields[4])
    major, minor = os.major(device), os.minor(device)
    if major in _PTS:
        return f"/dev/pts/{(major - _PTS.start) * 256 + minor}"
    return f"/dev/tty{minor}" if major == _CONSOLE and 0 < minor < 64 else None


def _tty_name(descriptor: int) -> str | None:
    try:
        return os.ttyname(descriptor)
    except OSError:
        return None


def this_host() -> str:
    """What this machine calls itself."""
    return os.uname().nodename


def read_start(path: str, most: int) -> bytes:
    """The first `most` bytes of a file; none of one that can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError:
        return b""
