"""An async connection to the daemon: the twin of `lashd.connect.connection.BlockingLink`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from anyio.abc import SocketAttribute, SocketStream, UNIXSocketStream

from lashd.connect.connection import READ_BYTES, check_peer, explain
from lashd.errors import ConnectionFailed, ProtocolViolation
from lashd.protocol.client import ClientConnection, unpack

if TYPE_CHECKING:
    from lashd.connect.connection import BlockingLink
    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record

LOST = "the connection to the daemon at {} was lost"


class AsyncLink:
    """One connection: a stream and the protocol over it. Each failure is a ConnectionFailed."""

    def __init__(
        self, path: str, stream: SocketStream, limit: float, core: ClientConnection
    ) -> None:
        self.path = path
        self._limit = limit
        self.core = core
        self._stream = stream

    @classmethod
    async def going_on(cls, link: BlockingLink) -> AsyncLink:
        """The connection of a blocking link, which is not to be used any more."""
        stream = await UNIXSocketStream.from_socket(link.sock)
        return cls(link.path, stream, link.timeout, link.core)

    @classmethod
    async def connect(cls, path: str, limit: float, decode: Decode = unpack) -> AsyncLink:
        """Connect within `limit` seconds; the hello is awaited as long."""
        try:
            with anyio.fail_after(limit):
                stream = await anyio.connect_unix(path)
        except OSError as error:  # TimeoutError is one
            raise ConnectionFailed(explain(error, path)) from None
        try:
            check_peer(stream.extra(SocketAttribute.raw_socket), path)
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise
        return cls(path, stream, limit, ClientConnection(decode=decode))

    async def send(self, data: bytes) -> None:
        """Send all of it. That the daemon has hung up comes out of `receive`.

        What it said before (that it is full, that it stops) is still to be read.
        """
        try:
            await self._stream.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass

    async def receive(self) -> list[Record]:
        """What has come; waits if there is nothing."""
        try:
            data = await self._stream.receive(READ_BYTES)
        except anyio.EndOfStream:
            raise ConnectionFailed(f"the daemon at {self.path} closed the connection") from None
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise ConnectionFailed(
                f"the connection to the daemon at {self.path} was lost"
            ) from None
        try:
            return self.core.receive(data)
        except ProtocolViolation as error:
            raise ConnectionFailed(str(error)) from None

    async def greet(self, then: bytes = b"") -> list[Record]:
        """Shake hands, with `then` sent along; the records that came with the hello."""
        records: list[Record] = []
        try:
            with anyio.fail_after(self._limit):
                await self.send(self.core.greeting() + then)
                while self.core.hello is None:
                    records = await self.receive()
        except TimeoutError:
            raise no_answer(self.path, self._limit) from None
        return records

    async def close(self) -> None:
        """Hang up."""
        await anyio.aclose_forcefully(self._stream)


def no_answer(path: str, timeout: float) -> ConnectionFailed:
    """The daemon takes connections and says nothing."""
    return ConnectionFailed(f"the daemon at {path} does not answer within {timeout:g} s")
