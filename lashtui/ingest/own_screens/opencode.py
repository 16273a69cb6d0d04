"""opencode's own screen: with `--port` its server listens, and its events can be read.

The server does what it is asked to, so it gets a password that only this run knows, unless the user
has set one. Version 2 has no such option: its screens share a service, which `discover` finds.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lashtui.hooks.version import version_of
from lashtui.ingest.launch import until_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lashtui.ingest.launch import Launch
    from lashtui.ingest.own_screens.opencode_told import OpencodeTold
    from lashtui.ingest.own_screens.screen import OwnScreen, Told

PASSWORD: Final = "OPENCODE_SERVER_PASSWORD"
USER: Final = "OPENCODE_SERVER_USERNAME"
HOST: Final = "127.0.0.1"
_HERE: Final = (HOST, "localhost", "0.0.0.0", "::", "::1")
SAY_VERSION_WITHIN: Final = 3.0
"""Seconds for a program to say its version; the screen waits for it."""
MAX_ABOVE: Final = 4
"""Directories above a program in which the package may be that it is of."""
MAX_PACKAGE: Final = 64 * 1024
"""Bytes of a package's description."""


def open_screen(start: Launch, environment: Mapping[str, str]) -> OwnScreen | None:
    """Choose a port; None where none can be read.

    Raises:
        OSError: there is no free one.
    """
    words = until_end(start.command[start.screen_at :])
    if "attach" in words or "--mdns" in words:
        return None
    host, port = _value(words, "--hostname"), _value(words, "--port")
    if host is not None and host not in _HERE:
        return None
    if port is None:
        if _major_version(start, environment) != 1:
            return None
        number = free_port()
        added = ["--port", str(number), *([] if host else ["--hostname", HOST])]
        return OpencodeScreen(start, number, added, environment)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return None
    return OpencodeScreen(start, int(port), [], environment)


class OpencodeScreen:
    """opencode with a server that is read."""

    def __init__(
        self, start: Launch, port: int, added: list[str], environment: Mapping[str, str]
    ) -> None:
        """`added`: the options for it, if the user gave none."""
        self.added: tuple[str, ...] = tuple(added)
        place = start.screen_at
        self.command = [*start.command[:place], *added, *start.command[place:]]
        self._port = port
        self._password = environment.get(PASSWORD, "")
        self._user = environment.get(USER) or "opencode"
        self.environment: Mapping[str, str] = {}
        if added and not self._password:
            self._password = secrets.token_urlsafe(24)
            self.environment = {PASSWORD: self._password}

    @cached_property
    def _told(self) -> OpencodeTold:
        from lashtui.ingest.opencode.http import Server
        from lashtui.ingest.own_screens.opencode_told import OpencodeTold

        return OpencodeTold(Server(HOST, self._port, self._password, self._user))

    @property
    def first(self) -> Told:
        """Its first session."""
        return self._told.first

    def more(self) -> list[Told]:
        """Further sessions that have begun in it since the last call."""
        return self._told.more()

    def close(self) -> None:
        """It has ended."""
        if "_told" in self.__dict__:
            self._told.close()


def free_port() -> int:
    """A port that nobody listens on now.

    Raises:
        OSError: there is none.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _value(words: Sequence[str], option: str) -> str | None:
    """The last value of an option."""
    found = None
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            found = words[place + 1]
        elif word.startswith(option + "="):
            found = word.partition("=")[2]
    return found


def _major_version(start: Launch, environment: Mapping[str, str]) -> int | None:
    """Of the opencode that will run; None: it can't be known."""
    name = start.command[start.screen_at - 1]
    program = shutil.which(name, path=environment.get("PATH"))
    if start.screen_at > 1 or program is None:  # a runner may fetch it first: the newest
        return 1
    package = _of_package(os.path.realpath(program))
    if not package:
        said = version_of([program], SAY_VERSION_WITHIN)
        return said[0] if said is not None else None
    major = package.partition(".")[0]
    return int(major) if major.isdecimal() else None


def _of_package(program: str) -> str:
    folder = os.path.dirname(program)
    for _ in range(MAX_ABOVE):
        try:
            with open(os.path.join(folder, "package.json"), "rb") as file:
                package = json.loads(file.read(MAX_PACKAGE))
        except (OSError, ValueError, RecursionError):
            package = None
        if isinstance(package, dict) and "opencode" in str(package.get("name")):
            return str(package.get("version"))
        folder = os.path.dirname(folder)
    return ""
