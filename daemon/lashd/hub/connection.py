"""What is to be sent to one connection. The shell pulls when the kernel has taken what was before.

Replies that wait go first; after them the stream of an attached session goes on. Nothing is
queued for a reader: it is a position, and what it gets is cut from the ring when it is pulled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from lashd.hub.snapshot_budget import Ledger
from lashd.limits import KIB
from lashd.protocol.framing import frame
from lashd.protocol.messages import encode_message
from lashd.protocol.server import ServerConnection

Chunk: TypeAlias = bytes | memoryview

MAX_QUEUED_BYTES = 256 * KIB
"""Replies that wait for a client; while more wait, nothing more is read from it."""

LARGE_BYTES = 64 * KIB
"""Blobs from here on are entered in the ledger while they are being taken."""


class Source(Protocol):
    """What goes on after the queue: the stream of an attached session."""

    def next_chunk(self, max_bytes: int) -> bytes | None:
        """Something to send now, or None. Over `max_bytes` only if a single frame is."""


class Link:
    """One connection as the hub sees it. Identity is equality."""

    def __init__(
        self,
        connection: ServerConnection,
        *,
        number: int,
        connected_at: float,
        ledger: Ledger[Link],
        mark: Callable[[Link], None],
    ) -> None:
        self.connection = connection
        self.number = number
        self.connected_at = connected_at
        self.source: Source | None = None
        self.ack: Callable[[], dict[str, Any]] | None = None
        """Makes the acknowledgement that is due; replaced, not queued, while nobody pulls."""
        self.role: Any = None
        """What publishing or attaching keeps for this link."""
        self.counted = 0
        """Bytes of unfinished messages that the hub has counted for this link."""
        self.aborted = False
        """The connection is to be cut off without sending more."""
        self._closing = False
        self._queue: deque[tuple[Chunk, bytes]] = deque()
        self._queued = 0
        self._ledger = ledger
        self._mark = mark
        self._collect()

    # -- for the hub ------------------------------------------------------------------------------

    def send(self, record: dict[str, Any]) -> None:
        """Queue one record."""
        self.send_frame(frame(encode_message(record)))

    def send_frame(self, *parts: bytes) -> None:
        """Queue a frame, which may come in parts."""
        self._settle_ack()
        self._collect()
        for part in parts:
            self._push(part)
        self._mark(self)

    def refuse(self, code: Any, message: str, **more: Any) -> None:
        """Answer the last message with an error."""
        self._settle_ack()
        self.connection.refuse(code, message, **more)
        self._collect()
        self._mark(self)

    def owe_ack(self, make: Callable[[], dict[str, Any]]) -> None:
        """An acknowledgement is due; it is made when it is sent."""
        self.ack = make
        self._mark(self)

    def collect(self) -> None:
        """Take over what the connection itself has to say."""
        self._collect()
        self._mark(self)

    def close(self) -> None:
        """Read nothing more; close once everything queued is sent."""
        self.connection.close()
        self._closing = True
        self._mark(self)

    def abort(self) -> None:
        """Close at once, whatever is queued."""
        self.aborted = True
        self.connection.close()
        self.drop_queue()
        self._mark(self)

    def drop_queue(self) -> None:
        """Forget what is queued."""
        for _, blob in self._queue:
            self._finish(blob)
        self._queue.clear()
        self._queued = 0
        self.source = self.ack = None

    # -- for the shell ----------------------------------------------------------------------------

    @property
    def congested(self) -> bool:
        """So many replies wait that nothing more must be read from this client."""
        return self._queued > MAX_QUEUED_BYTES

    @property
    def finished(self) -> bool:
        """Everything is sent and the connection is to be closed."""
        return self.aborted or (
            (self._closing or self.connection.closed)
            and not self._queue
            and self.source is None
            and self.ack is None
        )

    def pull(self, max_bytes: int) -> list[Chunk]:
        """What to send next, at most `max_bytes`; empty if there is nothing now.

        Obligation of the caller: pull again only when all of it has been taken by the kernel.
        """
        out: list[Chunk] = []
        room = max_bytes
        while room > 0 and not self.aborted:
            self._settle_ack()
            if self._queue:
                room -= self._take(out, room)
                continue
            if self.source is None:
                break
            chunk = self.source.next_chunk(room)
            if chunk is None:
                if not self._queue:
                    break
            elif len(chunk) > room:
                self._push(chunk)
            else:
                out.append(chunk)
                room -= len(chunk)
        return out

    # -- inside -----------------------------------------------------------------------------------

    def _take(self, out: list[Chunk], room: int) -> int:
        chunk, blob = self._queue[0]
        size = min(len(chunk), room)
        if size == len(chunk):
            self._queue.popleft()
            out.append(chunk)
            self._finish(blob)
        else:
            view = memoryview(chunk)
            out.append(view[:size])
            self._queue[0] = (view[size:], blob)
        self._queued -= size
        return size

    def _push(self, blob: bytes) -> None:
        self._queue.append((blob, blob))
        self._queued += len(blob)
        if len(blob) >= LARGE_BYTES:
            for stale in self._ledger.begin(blob, self):
                stale.abort()

    def _finish(self, blob: bytes) -> None:
        if len(blob) >= LARGE_BYTES:
            self._ledger.finish(blob, self)

    def _collect(self) -> None:
        for data in self.connection.data_to_send():
            self._push(data)

    def _settle_ack(self) -> None:
        if self.ack is not None:
            make, self.ack = self.ack, None
            self._push(frame(encode_message(make())))
