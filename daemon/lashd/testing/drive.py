"""Carries scripted parties over Unix sockets, all in the calling thread.

::

    with Drive(socket_path, publisher, reader) as drive:
        publisher.say("hello")
        drive.until(lambda: reader.events >= 2)

A party whose connection is lost gets another at once, or after a pause, as often as it takes.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from lashd.testing.scripted import Party

READ_BYTES = 64 * 1024
"""Read at a time: as much as a socket's buffer usually holds."""
RETRY = 0.01
"""Seconds between attempts to reach a daemon that is not there."""


class Drive:
    """Parties and their connections."""

    def __init__(self, path: str | os.PathLike[str], *parties: Party, pause: float = 0.0) -> None:
        """`pause`: seconds that a party waits for another connection once it has lost one."""
        self.path = os.fspath(path)
        self.parties = list(parties)
        self.connections = 0
        """How many there were."""
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[Party, socket.socket] = {}
        self._unsent: dict[Party, bytes] = {}
        self._pause = pause
        self._due: dict[Party, float] = {}

    @property
    def connected(self) -> int:
        """How many parties have a connection now."""
        return len(self._sockets)

    def until(self, condition: Callable[[], object], timeout: float = 20.0) -> None:
        """Carry bytes until `condition` holds.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing came of it within {timeout:g} s")
            self.step()

    def step(self) -> None:
        """Connect who is not connected, send what there is, and wait briefly for what comes."""
        for party in self.parties:
            if party not in self._sockets and not party.finished:
                self._connect(party)
            self._write(party)
        for key, _ in self._selector.select(RETRY):
            party = key.data
            try:
                data = self._sockets[party].recv(READ_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                party.receive(data)
            if not data or party.broken or party.finished:
                self.drop(party)

    def drop(self, party: Party) -> None:
        """Lose the party's connection without a goodbye."""
        one = self._sockets.pop(party, None)
        if one is not None:
            self._selector.unregister(one)
            one.close()
            if self._pause:
                self._due[party] = time.monotonic() + self._pause
            party.lost()

    def close(self) -> None:
        """Lose all connections."""
        for party in self.parties:
            self.drop(party)
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self, party: Party) -> None:
        if self._due and time.monotonic() < self._due.get(party, 0.0):
            return
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            one.connect(self.path)
        except OSError:
            one.close()
            return
        one.setblocking(False)
        self._sockets[party], self._unsent[party] = one, b""
        self._selector.register(one, selectors.EVENT_READ, party)
        self.connections += 1
        party.connected()

    def _write(self, party: Party) -> None:
        one = self._sockets.get(party)
        if one is None:
            return
        data = self._unsent[party] + party.data_to_send()
        try:
            sent = one.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            # The daemon has closed; what it said before that is still to be read.
            sent = len(data)
        self._unsent[party] = data[sent:]
