"""A session's records over async streams: the twin of `lashd.client.attachment`."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from lashd.connect.async_connection import AsyncLink
from lashd.errors import ConnectionFailed, LashdError, RequestRefused
from lashd.protocol.client import pack, unpack
from lashd.protocol.reconnect import Recovery, Watchdog

if TYPE_CHECKING:
    from lashd.connect.connection import BlockingLink
    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ReaderState
    from lashd.protocol.records import Record


class AsyncAttachment:
    """A session's records as they come, in batches, across lost connections.

    Use it as an async context manager and iterate over it. Among the records are our own:
    `disconnected` {cursor, reason, retry_in: seconds} for each failed attempt, and `reconnected`
    {cursor, served}. The iteration ends after the `end` record.
    """

    def __init__(
        self,
        socket_path: str,
        recovery: Recovery,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode = unpack,
        begun: BlockingLink | None = None,
    ) -> None:
        """`begun`: the connection that `recovery` has already, of a blocking attachment."""
        self._path = socket_path
        self._recovery = recovery
        self._timeout = timeout
        self._reconnect = reconnect
        self._decode = decode
        self._begun = begun
        self._failure: LashdError | None = None
        self._ready: list[Record] = []
        self._link: AsyncLink | None = None
        self._watchdog = Watchdog(0.0)
        self._retry = anyio.Event()
        self._closed = False
        self._news = False

    @property
    def cursor(self) -> str | None:
        """Where to resume: everything up to here was given out."""
        return self._recovery.cursor

    @property
    def session_id(self) -> str | None:
        """Which session it is; known once attached."""
        return self._recovery.session_id

    @property
    def ended(self) -> Record | None:
        """The `end` record, once it was given out."""
        return self._recovery.ended

    @property
    def state(self) -> ReaderState:
        """How it stands now."""
        return self._recovery.state

    @property
    def is_awaiting(self) -> bool:
        """Whether the daemon has answered, and has no such session yet."""
        link = self._link
        return self.state == "connecting" and link is not None and link.core.hello is not None

    @property
    def silent_since(self) -> float | None:
        """Since when (`time.monotonic`) a daemon has not answered; None: it does."""
        return None if self._link is None else self._watchdog.silent_since

    def retry_now(self) -> None:
        """While the connection is lost: try at once."""
        self._recovery.retry_now(time.monotonic())
        self._retry.set()

    async def aclose(self) -> None:
        """Detach."""
        self._closed = True
        await self._hang_up()

    async def __aenter__(self) -> Self:
        if self._recovery.state != "connecting":  # begun elsewhere; without a link it is lost
            begun, self._begun = self._begun, None
            self._link = None if begun is None else await AsyncLink.going_on(begun)
            self._watchdog = Watchdog(time.monotonic())
            return self
        link = await AsyncLink.connect(self._path, self._timeout, self._decode)
        try:
            records = await link.greet(pack(self._recovery.attach_message()))
        except BaseException:
            await link.close()
            raise
        self._begin(link)
        self._take(records)
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
        """The next batch; an empty one only says that `state`, `is_awaiting` or `silent_since` is
        another.

        Raises:
            RequestRefused: the daemon refuses the attach.
            ConnectionFailed: lost, without `reconnect`; or VersionMismatch after a reconnect.
        """
        while True:
            if self._ready or self._news:
                self._news = False
                ready, self._ready = self._ready, []
                return ready
            if self._failure is not None:
                raise self._failure
            if self._closed or self._recovery.ended is not None:
                await self._hang_up()
                raise StopAsyncIteration
            try:
                if self._link is None:
                    await self._come_back()
                else:
                    await self._receive(self._link)
            except RequestRefused as error:  # before the hello: no room for a connection now
                await self._lost(ConnectionFailed(error.message))
            except ConnectionFailed as error:
                await self._lost(error)

    # -- inside -----------------------------------------------------------------------------------

    async def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    def _begin(self, link: AsyncLink) -> None:
        now = time.monotonic()
        self._link = link
        self._watchdog = Watchdog(now)
        self._recovery.connected(now)

    async def _come_back(self) -> None:
        retry_at = self._recovery.retry_at
        with anyio.move_on_after(max(0.0, (retry_at or 0.0) - time.monotonic())):
            await self._retry.wait()
        self._retry = anyio.Event()
        if self._closed:
            return
        self._begin(await AsyncLink.connect(self._path, self._timeout, self._decode))
        assert self._link is not None
        await self._link.send(self._link.core.greeting() + pack(self._recovery.attach_message()))

    async def _receive(self, link: AsyncLink) -> None:
        with anyio.move_on_after(max(0.0, self._watchdog.deadline - time.monotonic())):
            greeted, silent = link.core.hello is not None, self.silent_since is not None
            records = await link.receive()
            self._watchdog.heard(time.monotonic())
            self._take(records)
            self._news |= silent or (self.is_awaiting and not greeted)
            return
        step = self._watchdog.check(time.monotonic())
        if step == "ping":
            await link.send(pack({"type": "ping"}))
        elif step == "doubt":
            self._news = True
        elif step == "lost":
            raise ConnectionFailed(f"the daemon at {self._path} does not answer any more")

    def _take(self, records: list[Record]) -> None:
        before = self._recovery.state
        self._ready += self._recovery.receive(records)
        # The daemon's second `synced` is no record of the stream, but who shows a state needs it.
        self._news = self._recovery.state == "live" != before
        self._failure = self._recovery.refused

    async def _lost(self, error: ConnectionFailed) -> None:
        await self._hang_up()
        if self._reconnect and type(error) is ConnectionFailed:
            self._ready.append(self._recovery.lost(str(error), time.monotonic()))
        else:
            self._failure = error
