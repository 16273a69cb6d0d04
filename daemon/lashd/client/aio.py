"""The client for async programs, over anyio: requests, attachments, typed observation.

`lashd.client.blocking` is its twin. What to do about a lost connection both leave to
`lashd.protocol.reconnect`.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio

from lashd import paths
from lashd.client.async_attachment import AsyncAttachment
from lashd.connect.async_connection import AsyncLink, no_answer
from lashd.errors import InvalidEvent
from lashd.protocol.client import pack, refusal, unpack
from lashd.protocol.reconnect import Backoff, Recovery
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

__all__ = ["AsyncAttachment", "Client", "Update"]


@dataclass(frozen=True, slots=True)
class Update:
    """One step of an observed session."""

    event: SessionObservationEvent | None
    """What happened; None where `view` came whole, or only the connection changed."""
    gap: Record | None
    """Why `view` came whole, unless it is the first: the `gap` record."""
    view: ReadView
    """The view after it. It is folded on with the next update: `copy()` it to keep it."""
    connection: ReaderState
    """connecting, catching up, live, lost or ended."""


class Client:
    """Requests to a daemon over one connection, and streams, each over one of its own.

    An async context manager. It connects with the first request; after a failure the next one
    connects anew. Requests by several tasks go one after the other.

    Args:
        socket_path: where the daemon listens; the usual place by default.
        timeout: seconds to wait for the daemon's answer.
        decode: reads the messages; `lashd.client.decode.decode_record` gives views instead of maps.
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
        self._link: AsyncLink | None = None
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
        """Hang up. Attachments have connections of their own."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def connect(self) -> Record:
        """Connect unless connected; the daemon's hello {protocol, version, incarnation, pid}.

        Raises:
            VersionMismatch: the daemon speaks another protocol; the message says what to do.
            ConnectionFailed: no daemon answers.
            RequestRefused: the daemon has no room for another connection.
        """
        async with self._lock:
            return (await self._connected()).core.hello or {}

    async def _connected(self) -> AsyncLink:
        if self._link is None:
            link = await AsyncLink.connect(self.socket_path, self.timeout, self._decode)
            try:
                await link.greet()
            except BaseException:
                await link.close()
                raise
            self._link = link
        return self._link

    async def request(self, message: Record) -> Record:
        """Send one message, return the reply.

        Raises:
            RequestRefused: the daemon says no; `code` and `message` say why.
            ConnectionFailed: no daemon, or it went away. The request may have been handled.
        """
        async with self._lock:
            link = await self._connected()
            try:
                with anyio.fail_after(self.timeout):
                    await link.send(pack(message))
                    records: list[Record] = []
                    while not records:
                        records = await link.receive()
            except TimeoutError:
                await self.aclose()
                raise no_answer(self.socket_path, self.timeout) from None
            except BaseException:
                # A reply that nobody awaits any more would be taken for the next one's.
                await self.aclose()
                raise
            reply = records[0]
            if reply["type"] != "error":
                return reply
            if reply.get("code") == "bad_request":
                await self.aclose()
            raise refusal(reply)

    async def list(self) -> list[Record]:
        """All sessions, one map each."""
        sessions: list[Record] = (await self.request({"type": "list"})).get("sessions", [])
        return sessions

    async def status(self) -> Record:
        """The truth about the daemon: pid, version, sessions, bytes, limits and so on."""
        return await self.request({"type": "status"})

    async def show(self, session_id: str) -> Record:
        """The `observation` record of a session: its view and the cursor that it stands for.

        Raises:
            RequestRefused: `no_session`.
        """
        return await self.request({"type": "show", "session_id": session_id})

    async def inspect_cursor(self, cursor: str) -> Record:
        """The `cursor_report`: what a cursor can still do.

        Raises:
            RequestRefused: `malformed_cursor`.
        """
        return await self.request({"type": "cursor", "cursor": cursor})

    async def remove(self, session_id: str, force: bool = False) -> None:
        """Forget a session.

        Raises:
            RequestRefused: `no_session`; `session_busy` while it has a publisher, without `force`.
        """
        await self.request({"type": "remove", "session_id": session_id, "force": force})

    async def stop(self) -> None:
        """Ask the daemon to end; it does so after saying goodbye to its clients."""
        await self.request({"type": "stop"})
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

        Args:
            session_id: may be left out where there is just one, or with a cursor.
            cursor: begin after it; otherwise at `start`: with a snapshot, with all that is
                retained, or with what comes from now on.
            last: only so many of the events retained.
            wait: the session may not exist yet.
            reconnect: come back after a lost connection.

        Raises:
            ConnectionFailed, VersionMismatch: when entered, as `connect`. That the daemon refuses
                the attach comes out of the iteration.
        """
        recovery = Recovery(
            session_id,
            cursor=cursor,
            start=start,
            last=last,
            wait=wait,
            backoff=Backoff(random.random),
        )
        return AsyncAttachment(
            self.socket_path,
            recovery,
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def go_on(self, begun: Attachment) -> AsyncAttachment:
        """A stream that a blocking client began, from where its last `read` ended.

        For a program that must have its first records before it has an event loop. `begun` is not
        to be used any more.
        """
        link, recovery = begun.hand_over()
        return AsyncAttachment(
            self.socket_path,
            recovery,
            timeout=self.timeout,
            reconnect=True,
            decode=self._decode,
            begun=link,
        )

    async def observe(self, session_id: str, *, wait: bool = False) -> AsyncGenerator[Update, None]:
        """A session's view and events, typed; first the view as it is, then each event folded.

        Ends with the stream: when the session is forgotten or the daemon is stopped.

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
        """A publisher into a session; options as of `lashd.Publisher`."""
        from lashd.publish.publisher import Publisher

        return Publisher(session_id, socket_path=self.socket_path, **options)
