"""A connected socket, read and written in an async program."""

from __future__ import annotations

import socket

import anyio
from anyio.lowlevel import checkpoint


class AsyncSocket:
    """What `anyio.abc.SocketStream` does for a connection, and safe to cancel at any moment.

    anyio's stream fails if a read is cancelled in the step of the loop in which data arrive: not in
    the reader but in the loop, which reports it to whoever handles its errors. Waiting for the
    descriptor does not.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock

    @property
    def raw(self) -> socket.socket:
        """The socket itself."""
        return self._sock

    async def receive(self, most: int) -> bytes:
        """What has arrived, at most so many bytes; waits if nothing has. Empty: the other end has
        closed.

        Raises:
            OSError: the connection is lost.
            ClosedResourceError: `close` was called meanwhile.
        """
        await checkpoint()
        while True:
            try:
                return self._sock.recv(most)
            except BlockingIOError:
                await anyio.wait_readable(self._sock)

    async def send(self, data: bytes) -> None:
        """Send all of it; raises as `receive` does."""
        await checkpoint()
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                await anyio.wait_writable(self._sock)

    def close(self) -> None:
        """Wake whoever waits for it, and close it."""
        if self._sock.fileno() >= 0:
            anyio.notify_closing(self._sock)
            self._sock.close()
