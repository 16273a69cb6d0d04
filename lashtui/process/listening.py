"""Ports of this machine on which processes of a name listen, where the system shows them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.publish.where import PROC
from lashtui.process.others import MAX_PROCESSES, short_name

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LISTED: Final = 65_536
"""Sockets that are looked at."""
LOOKS: Final = 5
"""Times that a process is looked at: one that becomes another program does so soon."""
SOCKET_LOOKS: Final = 3
"""Times that a socket is looked for: it listens soon after it was made, or never."""
FORGET_EVERY: Final = 60
"""Looks after which all are looked at again: a number may be another process's by then."""
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


class Socket(NamedTuple):
    """A socket of a process that counts."""

    place: tuple[str, int] | None = None
    """Where it listens."""
    looks: int = 0
    """Times that it was looked for among those that listen."""


class Listening:
    """Looks for them again and again, at little cost: a process seldom changes its name."""

    def __init__(self, is_wanted: Callable[[str], bool], root: str = PROC) -> None:
        """`is_wanted`: whether a process of this short name counts."""
        self._is_wanted = is_wanted
        self._root = root
        self._others: dict[str, int] = {}
        """Processes of other names, and how often each was looked at."""
        self._looks = 0
        self._known: dict[str, Socket] = {}

    def look(self) -> list[Listener]:
        """Those of processes of this user; none where the system has no list of them as files
        (macOS).
        """
        self._looks += 1
        if self._looks % FORGET_EVERY == 0:
            self._others.clear()
        held = [(number, each) for number in self._wanted() for each in self._held_by(number)]
        # The system's list of sockets is long to make: it is asked for when there are new ones.
        known = {each: self._known.get(each, Socket()) for _, each in held}
        if any(each.place is None and each.looks < SOCKET_LOOKS for each in known.values()):
            places = _sockets(self._root)
            known = {
                each: Socket(places.get(each, before.place), before.looks + 1)
                for each, before in known.items()
            }
        self._known = known
        return [
            Listener(int(number), *place)
            for number, each in held
            if (place := known[each].place) is not None
        ]

    def _held_by(self, number: str) -> list[str]:
        """The sockets that a process has, by their names."""
        folder = os.path.join(self._root, number, "fd")
        found: list[str] = []
        with suppress(OSError):  # it is another user's, or has ended
            for descriptor in os.listdir(folder)[:MAX_LISTED]:
                with suppress(OSError):
                    target = os.readlink(os.path.join(folder, descriptor))
                    if target.startswith("socket:"):
                        found.append(target)
        return found

    def _wanted(self) -> list[str]:
        try:
            names = os.listdir(self._root)
        except OSError:
            return []
        numbers = [name for name in names if name.isdecimal()][:MAX_PROCESSES]
        found: list[str] = []
        others, self._others = self._others, {}
        for number in numbers:
            looks = others.get(number, 0)
            name = short_name(os.path.join(self._root, number)) if looks < LOOKS else None
            if name is not None and self._is_wanted(name):
                found.append(number)
            else:
                self._others[number] = looks + 1
        return found


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
