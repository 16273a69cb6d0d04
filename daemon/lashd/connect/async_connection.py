"""An async connection to the daemon: the twin of `lashd.connect.connection.Connection`."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from anyio.abc import SocketAttribute

from lashd.address import far_name, is_remote
from lashd.connect.async_socket import AsyncSocket
from lashd.connect.connection import (
    READ_BYTES,
    check_peer,
    connect_socket,
    ended,
    hello_within,
)
from lashd.connect.failures import closed, explain, lost, no_answer
from lashd.errors import ConnectionFailed, ProtocolViolation
from lashd.protocol.client import ClientConnection, pack, unpack
from lashd.protocol.requests import reply_or_raise

if TYPE_CHECKING:
    from lashd.connect.connection import Connection
    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record


class AsyncConnection:
    """One connection: a socket and the protocol over it. Every failure is a ConnectionFailed."""

    def __init__(
        self, path: str, sock: AsyncSocket, timeout: float, protocol: ClientConnection
    ) -> None:
        self.path = path
        self.timeout = timeout
        self.protocol = protocol
        self._sock = sock

    @classmethod
    def adopt(cls, connection: Connection) -> AsyncConnection:
        """Take over a blocking connection, which must not be used any more."""
        sock = AsyncSocket(connection.sock)
        return cls(connection.path, sock, connection.timeout, connection.protocol)

    @classmethod
    async def connect(cls, path: str, within: float, decode: Decode = unpack) -> AsyncConnection:
        """Connect within `within` seconds; the hello and each reply may take as long."""
        if is_remote(path):
            carried = await _carried(path, within)
            within = hello_within(path, within)
            protocol = ClientConnection(decode=decode, where=far_name(path))
            return cls(path, AsyncSocket(carried), within, protocol)
        try:
            with anyio.fail_after(within):
                stream = await anyio.connect_unix(path)
        except OSError as error:  # TimeoutError is one
            raise ConnectionFailed(explain(error, path)) from None
        sock = stream.extra(SocketAttribute.raw_socket)
        try:
            check_peer(sock, path)
        except BaseException:
            sock.close()
            raise
        return cls(path, AsyncSocket(sock), within, ClientConnection(decode=decode))

    @classmethod
    async def open(cls, path: str, within: float, decode: Decode = unpack) -> AsyncConnection:
        """A connection ready for requests; raises what `Connection.open` raises."""
        connection = await cls.connect(path, within, decode)
        try:
            for record in await connection.shake_hands():  # a refusal may come with the hello
                reply_or_raise({"type": "hello"}, record)
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def hello(self) -> Record | None:
        """The daemon's hello {protocol, version, incarnation, pid}, once received."""
        return self.protocol.hello

    async def send(self, data: bytes) -> None:
        """Send all of it. That the daemon has closed the connection comes out of `receive`:
        what it said before (that it is full, that it stops) is still there to read.
        """
        try:
            await self._sock.send(data)
        except (OSError, anyio.ClosedResourceError):
            pass

    async def receive(self) -> list[Record]:
        """The records that have arrived; waits if there are none."""
        try:
            data = await self._sock.receive(READ_BYTES)
        except (OSError, anyio.ClosedResourceError):
            if not is_remote(self.path):
                raise lost(self.path) from None
            data = b""
        if not data:
            if not is_remote(self.path):
                raise closed(self.path)
            raise await to_thread.run_sync(ended, self._sock.raw, self.path)
        try:
            return self.protocol.receive(data)
        except ProtocolViolation as error:
            raise ConnectionFailed(str(error)) from None

    async def greet(self, then: bytes = b"") -> None:
        """Send our hello and `then`. The daemon's hello comes out of `receive`."""
        await self.send(self.protocol.greeting() + then)

    async def shake_hands(self, then: bytes = b"") -> list[Record]:
        """Greet, and wait for the daemon's hello; the records that came along with it."""
        records: list[Record] = []
        try:
            with anyio.fail_after(self.timeout):
                await self.greet(then)
                while self.hello is None:
                    records = await self.receive()
        except TimeoutError:
            raise no_answer(self.path, self.timeout) from None
        return records

    async def request(self, message: Record) -> Record:
        """Send one message, return the reply.

        Raises:
            RequestRefused: the reply is an error.
        """
        records: list[Record] = []
        try:
            with anyio.fail_after(self.timeout):
                await self.send(pack(message))
                while not records:
                    records = await self.receive()
        except TimeoutError:
            raise no_answer(self.path, self.timeout) from None
        return reply_or_raise(message, records[0])

    async def close(self) -> None:
        self._sock.close()


async def _carried(path: str, within: float) -> socket.socket:
    """A socket to another machine, whose ssh is started in a thread. A task that is cancelled
    meanwhile, by whatever means, leaves none behind."""
    lock = threading.Lock()
    made: list[socket.socket] = []
    is_wanted = True

    def make() -> None:
        found = connect_socket(path, within)
        with lock:
            made.append(found)
            if not is_wanted:
                found.close()

    try:
        await to_thread.run_sync(make)
    except BaseException:
        with lock:
            is_wanted = False
            for each in made:
                each.close()
        raise
    return made[0]
