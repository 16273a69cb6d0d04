"""The client for async programs, over anyio: requests, attachments, typed observation.

`lashd.client.blocking` is its twin, and documents the requests. What to do about a lost connection
both leave to `lashd.protocol.reconnect`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio

from lashd import paths
from lashd.client.async_attachment import AsyncAttachment
from lashd.client.async_follow import AsyncFollow
from lashd.connect import jitter
from lashd.connect.async_connection import AsyncConnection
from lashd.errors import InvalidEvent, RequestRefused
from lashd.protocol import requests
from lashd.protocol.client import unpack
from lashd.protocol.follow import ResumableFollow
from lashd.protocol.reconnect import ResumableReader
from lashd.protocol.records import CONTROL
from lashd.session.codec import event_from_wire
from lashd.session.events import SessionObservationEvent
from lashd.session.fold import Fold
from lashd.session.view import ReadView, view_from_wire

if TYPE_CHECKING:
    from lashd.client.attachment import Attachment
    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ReaderState
    from lashd.protocol.records import Record
    from lashd.publish.publisher import Publisher

__all__ = ["AsyncAttachment", "AsyncFollow", "Client", "Update"]


@dataclass(frozen=True, slots=True)
class Update:
    """One step of an observed session."""

    event: SessionObservationEvent | None
    """What happened; None where `view` was replaced, or only the connection changed."""
    gap: Record | None
    """The `gap` record, if `view` was replaced for one."""
    view: ReadView
    """The view after it. The next update changes it in place: `copy()` it to keep it."""
    connection: ReaderState
    """connecting, catching up, live, lost or ended."""


class Client:
    """Requests to a daemon over one connection, and streams, each over a connection of its own.

    An async context manager. It connects with the first request; after a failure the next one
    connects again. Requests of several tasks are sent one after the other.

    Args:
        socket_path: where the daemon listens; the usual place by default.
        timeout: seconds to wait for each answer.
        decode: decodes the messages; `lashd.client.decode.decode_record` gives views instead of
            maps.
    """

    def __init__(
        self,
        socket_path: str | os.PathLike[str] | None = None,
        *,
        timeout: float = 10.0,
        decode: Decode = unpack,
    ) -> None:
        self.socket_path = paths.socket_path(socket_path)
        self.timeout = timeout
        self._decode = decode
        self._connection: AsyncConnection | None = None
        self._lock = anyio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection. Attachments have their own."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def connect(self) -> Record:
        """Connect unless connected; the daemon's hello. As `lashd.blocking.Client.connect`."""
        async with self._lock:
            return (await self._connected()).hello or {}

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await AsyncConnection.open(
                self.socket_path, self.timeout, self._decode
            )
        return self._connection

    async def request(self, message: Record) -> Record:
        """Send one message, return the reply. As `lashd.blocking.Client.request`."""
        async with self._lock:
            connection = await self._connected()
            try:
                return await connection.request(message)
            except RequestRefused as error:
                if error.code == "bad_request":  # the daemon closes the connection
                    await self.aclose()
                raise
            except BaseException:
                # A reply that nobody awaits any more would be taken for the next request's.
                await self.aclose()
                raise

    async def list(self) -> list[Record]:
        """All sessions, one map each."""
        sessions: list[Record] = (await self.request(requests.LIST)).get("sessions", [])
        return sessions

    async def status(self) -> Record:
        """The daemon's status. As `lashd.blocking.Client.status`."""
        return await self.request(requests.STATUS)

    async def show(self, session_id: str) -> Record:
        """The `observation` of a session. As `lashd.blocking.Client.show`."""
        return await self.request(requests.show(session_id))

    async def inspect_cursor(self, cursor: str) -> Record:
        """The `cursor_report`. As `lashd.blocking.Client.inspect_cursor`."""
        return await self.request(requests.inspect_cursor(cursor))

    async def remove(self, session_id: str, force: bool = False) -> None:
        """Forget a session. As `lashd.blocking.Client.remove`."""
        await self.request(requests.remove(session_id, force))

    async def stop(self) -> None:
        """Ask the daemon to stop; it first notifies its clients."""
        await self.request(requests.STOP)
        await self.aclose()

    def attach(
        self,
        session_id: str | None = None,
        *,
        cursor: str | None = None,
        start: Literal["snapshot", "cursor", "start", "now"] = "snapshot",
        last: int | None = None,
        wait: bool = False,
        reconnect: bool = True,
    ) -> AsyncAttachment:
        """Read a session: `async with client.attach(...) as attachment`.

        The arguments are those of `lashd.blocking.Client.attach`.

        Raises:
            ConnectionFailed, VersionMismatch: when entered, as `connect`. A refused attach is
                raised by the iteration.
        """
        reader = ResumableReader(
            session_id,
            cursor=cursor,
            start=start,
            last=last,
            wait=wait,
            backoff=jitter.backoff_to(self.socket_path),
        )
        return AsyncAttachment(
            self.socket_path,
            reader,
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def follow(self, after: str | None = None, *, reconnect: bool = True) -> AsyncFollow:
        """Follow the list of sessions: `async with client.follow() as follow`.

        The arguments are those of `lashd.blocking.Client.follow`.

        Raises:
            ConnectionFailed, VersionMismatch: when entered, as `connect`, and where the daemon is
                too old to be followed. A malformed position is raised by the iteration.
        """
        return AsyncFollow(
            self.socket_path,
            ResumableFollow(after=after, backoff=jitter.backoff_to(self.socket_path)),
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def adopt(self, begun: Attachment) -> AsyncAttachment:
        """Continue a stream that a blocking client began, from where its last `read` ended.

        For a program that needs its first records before it has an event loop. `begun` must not be
        used any more.
        """
        connection, reader = begun.release()
        return AsyncAttachment(
            self.socket_path,
            reader,
            timeout=self.timeout,
            reconnect=True,
            decode=self._decode,
            adopted=connection,
        )

    async def observe(self, session_id: str, *, wait: bool = False) -> AsyncGenerator[Update, None]:
        """A session's view and events, typed: first the whole view, then an update per event.

        Ends with the stream: when the session is forgotten or the daemon stops.

        Raises:
            ConnectionFailed, RequestRefused: as `attach`.
        """
        fold: Fold | None = None
        gap: Record | None = None
        async with self.attach(session_id, wait=wait) as attachment:
            async for records in attachment:
                for record in records:
                    kind = record["type"]
                    event = None
                    if kind == "gap":
                        gap = record
                        continue
                    if kind == "observation":
                        fold = Fold(view_from_wire(record["read_view"]))
                    elif kind not in CONTROL and fold is not None:
                        try:
                            event = event_from_wire(record)
                        except InvalidEvent:
                            continue  # a record of a later version
                        fold.apply(event)
                    if fold is not None:
                        yield Update(event, gap, fold.view, attachment.state)
                        gap = None

    def publish(self, session_id: str, **options: Any) -> Publisher:
        """A publisher for a session; takes the options of `lashd.Publisher`."""
        from lashd.publish.publisher import Publisher

        return Publisher(session_id, socket_path=self.socket_path, **options)
