"""Ports of this machine on which processes of a name listen, where the system shows them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.publish.where import PROC
from lashtui.process.others import MAX_ABOVE, MAX_COMMAND, MAX_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_LISTED: Final = 65_536
"""Sockets that are looked at."""
_LISTENS: Final = "0A"
_V4: Final = {"0100007F": "127.0.0.1", "00000000": "127.0.0.1"}
_V6: Final = {
    "00000000000000000000000001000000": "::1",
    "00000000000000000000000000000000": "::1",
    "0000000000000000FFFF00000100007F": "127.0.0.1",
}
"""Addresses of this machine as the kernel writes them, and how each is reached from here."""


class Listener(NamedTuple):
    """A port that a process listens on, which can be reached from this machine."""

    pid: int
    host: str
    port: int


def listeners(is_wanted: Callable[[str], bool], root: str = PROC) -> list[Listener]:
    """Those of processes of this user whose short name `is_wanted`; none where the system has no
    list of them as files (macOS).
    """
    wanted = [number for number, name in _names(root) if is_wanted(name)]
    sockets = _sockets(root) if wanted else {}
    found: list[Listener] = []
    for number in wanted:
        folder = os.path.join(root, number, "fd")
        try:
            descriptors = os.listdir(folder)
        except OSError:  # it is another user's, or has ended
            continue
        for descriptor in descriptors:
            try:
                target = os.readlink(os.path.join(folder, descriptor))
            except OSError:
                continue
            place = sockets.get(target)
            if place is not None:
                found.append(Listener(int(number), *place))
    return found


def commands_above(pid: int, root: str = PROC) -> Iterator[list[str]]:
    """The commands of the processes that started this one, the nearest first."""
    for _ in range(MAX_ABOVE):
        try:
            with open(os.path.join(root, str(pid), "stat"), "rb") as file:
                pid = int(file.read(MAX_COMMAND).rpartition(b")")[2].split()[1])
            with open(os.path.join(root, str(pid), "cmdline"), "rb") as file:
                command = file.read(MAX_COMMAND)
        except (OSError, ValueError, IndexError):
            return
        yield command.rstrip(b"\0").decode("utf-8", "replace").split("\0")


def _names(root: str) -> Iterator[tuple[str, str]]:
    try:
        numbers = [name for name in os.listdir(root) if name.isdecimal()][:MAX_PROCESSES]
    except OSError:
        return
    for number in numbers:
        try:
            with open(
                os.path.join(root, number, "comm"), encoding="utf-8", errors="replace"
            ) as file:
                yield number, file.read(64).strip()
        except OSError:
            continue  # it has ended


def _sockets(root: str) -> dict[str, tuple[str, int]]:
    """Sockets that listen, as descriptors name them: host and port."""
    found: dict[str, tuple[str, int]] = {}
    for name, hosts in (("tcp", _V4), ("tcp6", _V6)):
        try:
            with open(os.path.join(root, "net", name), encoding="ascii", errors="replace") as file:
                lines = [line for line, _ in zip(file, range(MAX_LISTED), strict=False)]
        except OSError:
            continue
        for line in lines[1:]:
            words = line.split()
            if len(words) < 10 or words[3] != _LISTENS:
                continue
            address, _, port = words[1].partition(":")
            host = hosts.get(address)
            if host is not None:
                found[f"socket:[{words[9]}]"] = (host, int(port, 16))
    return found
