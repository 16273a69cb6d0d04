"""The far side of a connection over ssh: this process's stdin and stdout joined to the socket."""

from __future__ import annotations

import os
import select
import socket as sockets
import time

from lashd.connect.connection import connect_socket

READ_BYTES = 64 * 1024
"""One read, and the most that waits for the other side: who doesn't take it isn't read from."""
TAKEN_WITHIN = 10.0
"""Seconds for the daemon to take a connection. One that hangs takes none: each reader that tries
again would leave a process here."""
ENDS_WITHIN = 10.0
"""Seconds for the daemon's last words once the client has ended. It has hung up within a moment,
unless it hangs."""


class Pipe:
    """Bytes from one descriptor to another; reads no more before what it has is written."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self.target = target
        self.waiting = b""
        self.is_over = False
        """Nothing more comes, and all of it was written."""
        self._is_read = False

    @property
    def wants(self) -> tuple[int, int]:
        """The descriptor to wait for, and for what."""
        if self.waiting:
            return self.target, select.POLLOUT
        return self.source, select.POLLIN

    def move(self) -> None:
        """Read, or write, once; to be called when it can."""
        if self.waiting:
            self.waiting = self.waiting[os.write(self.target, self.waiting) :]
        elif not self._is_read:
            self.waiting = os.read(self.source, READ_BYTES)
            self._is_read = not self.waiting
        self.is_over = self._is_read and not self.waiting


def join(
    socket: sockets.socket, source: int, target: int, ends_within: float = ENDS_WITHIN
) -> None:
    """Carry bytes both ways until the daemon's end; the end of `source` is told to the daemon,
    which has so many seconds then."""
    for descriptor in (source, target):
        os.set_blocking(descriptor, False)
    socket.setblocking(False)
    up, down = Pipe(source, socket.fileno()), Pipe(socket.fileno(), target)
    deadline = None
    while not down.is_over:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return
        poll = select.poll()
        wanted: dict[int, int] = {}
        for pipe in (up, down):
            if not pipe.is_over:
                descriptor, events = pipe.wants
                wanted[descriptor] = wanted.get(descriptor, 0) | events
        for descriptor, events in wanted.items():
            poll.register(descriptor, events)
        ready = dict(poll.poll(None if left is None else left * 1000))
        for pipe in (up, down):
            descriptor, events = pipe.wants
            if pipe.is_over or not ready.get(descriptor, 0) & (
                events | select.POLLHUP | select.POLLERR
            ):
                continue
            try:
                pipe.move()
            except BlockingIOError:
                continue
            except OSError:
                return  # one of the two has gone: so do we
            if pipe is up and pipe.is_over:
                socket.shutdown(sockets.SHUT_WR)
                deadline = time.monotonic() + ends_within


def dial_local(socket: str, *, start: bool) -> None:
    """Join stdin and stdout to the daemon at `socket`, until either side's end.

    Raises:
        ConnectionFailed: none is running there.
        LifecycleError: none could be started.
    """
    if start:
        from lashd.connect.launch import ensure_daemon

        ensure_daemon(socket)
    with connect_socket(socket, TAKEN_WITHIN) as connection:
        try:
            join(connection, 0, 1)
        except OSError:
            pass  # the daemon hung up as its end was being told
