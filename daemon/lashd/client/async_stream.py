"""Records over async connections: the twin of `lashd.client.stream`."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from lashd.client.base_stream import BaseStream
from lashd.connect.async_connection import AsyncConnection
from lashd.connect.failures import stopped_answering
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.client import pack, unpack
from lashd.protocol.reconnect import Watchdog
from lashd.protocol.requests import PING

if TYPE_CHECKING:
    from lashd.connect.connection import Connection
    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import Resumable
    from lashd.protocol.records import Record


class AsyncStream(BaseStream):
    """Records as they come, in batches, across lost connections.

    Use it as an async context manager and iterate over it. The iteration ends after the `end`
    record.
    """

    def __init__(
        self,
        socket_path: str,
        progress: Resumable,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode = unpack,
        adopted: Connection | None = None,
    ) -> None:
        """`adopted`: the connection on which a blocking stream began to fill `progress`."""
        super().__init__(socket_path, progress, timeout=timeout, reconnect=reconnect, decode=decode)
        self._adopted = adopted
        self._connection: AsyncConnection | None = None
        self._retry = anyio.Event()
        self._has_changed = False
        """An empty batch is due: something but the records is different."""

    @property
    def silent_since(self) -> float | None:
        """Since when (`time.monotonic`) the daemon has not answered; None while it does."""
        return None if self._connection is None else self._watchdog.silent_since

    def retry_now(self) -> None:
        """While the connection is lost: try at once."""
        self._progress.retry_now(time.monotonic())
        self._retry.set()

    async def aclose(self) -> None:
        """Read no more."""
        self._closed = True
        await self._hang_up()

    async def __aenter__(self) -> Self:
        if self._progress.state != "connecting":  # adopted; without a connection it is lost
            adopted, self._adopted = self._adopted, None
            self._connection = None if adopted is None else AsyncConnection.adopt(adopted)
            self._watchdog = Watchdog(time.monotonic())
            return self
        connection = await AsyncConnection.connect(self._path, self._timeout, self._decode)
        try:
            records = await connection.shake_hands(self._request_frame())
            self._connected()
            self._queue(records, connection.hello)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Record]:
        """The next batch; an empty one only says that `state`, `is_awaiting` or `silent_since`
        changed.

        Raises:
            RequestRefused: the daemon refuses the request.
            ConnectionFailed: lost, without `reconnect`; or VersionMismatch after a reconnect.
        """
        while True:
            if self._ready or self._has_changed:
                self._has_changed = False
                ready, self._ready = self._ready, []
                return ready
            if self._failure is not None:
                raise self._failure
            if self._closed or self._progress.ended is not None:
                await self._hang_up()
                raise StopAsyncIteration
            try:
                if self._connection is None:
                    await self._come_back()
                else:
                    await self._receive(self._connection)
            except (ConnectionFailed, RequestRefused) as error:
                await self._hang_up()
                self._disconnected(error)

    @property
    def _awaits_more(self) -> bool:
        """The daemon has greeted, but not begun the stream."""
        connection = self._connection
        return (
            self.state == "connecting" and connection is not None and connection.hello is not None
        )

    # -- inside -----------------------------------------------------------------------------------

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _come_back(self) -> None:
        """Wait for the next attempt, then try."""
        retry_at = self._progress.retry_at
        with anyio.move_on_after(max(0.0, (retry_at or 0.0) - time.monotonic())):
            await self._retry.wait()
        self._retry = anyio.Event()
        if self._closed:
            return
        connection = await AsyncConnection.connect(self._path, self._timeout, self._decode)
        self._connection = connection
        self._connected()
        await connection.greet(self._request_frame())

    async def _receive(self, connection: AsyncConnection) -> None:
        with anyio.move_on_after(max(0.0, self._watchdog.deadline - time.monotonic())):
            was_greeted, was_silent = connection.hello is not None, self.silent_since is not None
            records = await connection.receive()
            self._watchdog.heard(time.monotonic())
            self._queue(records, connection.hello)
            self._has_changed |= was_silent or (not was_greeted and self._awaits_more)
            return
        step = self._watchdog.check(time.monotonic())
        if step == "ping":
            await connection.send(pack(PING))
        elif step == "doubt":
            self._has_changed = True
        elif step == "lost":
            raise stopped_answering(self._path)

    def _queue(self, records: list[Record], hello: Record | None) -> None:
        before = self.state
        super()._queue(records, hello)
        # The daemon's second `synced` is not a record of the stream, but it changes the state.
        self._has_changed = self.state == "live" != before
