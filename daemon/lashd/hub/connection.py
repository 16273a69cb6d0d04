"""What is to be sent to one connection. The shell pulls when the kernel has taken the last of it.

Queued replies go first; after them comes the stream of an attached session or of the list. Nothing
is queued for a reader: it is a position, and what comes next is made when it is pulled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from lashd.hub.snapshot_budget import SnapshotBudget
from lashd.protocol.framing import frame
from lashd.protocol.messages import ErrorCode, encode_message
from lashd.protocol.server import ServerConnection
from lashd.wire_limits import KIB

Chunk: TypeAlias = bytes | memoryview

MAX_QUEUED_BYTES = 256 * KIB
"""Replies that wait for a client; while more wait, nothing more is read from it."""

LARGE_BYTES = 64 * KIB
"""Blobs from this size on count in the snapshot budget while they are being taken."""


class Source(Protocol):
    """What follows the queue: the stream of an attached session or of the list."""

    def next_chunk(self, max_bytes: int) -> bytes | None:
        """Something to send now, or None. Over `max_bytes` only if a single frame is."""
        ...

    def hold(self) -> None:
        """Give nothing by itself until the next chunk is asked for."""
        ...


class HubConnection:
    """One connection as the hub sees it. Identity is equality.

    What it is used for is kept by `PublishRequests`, `AttachRequests` and `ListRequests`, not here.
    """

    def __init__(
        self,
        protocol: ServerConnection,
        *,
        number: int,
        connected_at: float,
        budget: SnapshotBudget[HubConnection],
        mark: Callable[[HubConnection], None],
    ) -> None:
        """`number` names it in the log; `mark` is called whenever there may be news to send."""
        self.protocol = protocol
        self.number = number
        self.connected_at = connected_at
        self.write: Callable[[bytes], object] = lambda blob: None
        """The shell's: writes what is broadcast."""
        self.source: Source | None = None
        self.aborted = False
        """Close it at once, without sending more."""
        self.counted_bytes = 0
        """Bytes of messages not yet served that the hub has counted for this connection."""
        self.work: Iterator[None] | None = None
        """A message that is served in steps; until it is, no further one is."""
        self.work_bytes = 0
        """What that message takes."""
        self.heard_at: float | None = None
        """When the last byte of a message came that is not whole yet."""
        self._make_ack: Callable[[], bytes] | None = None
        self._closing = False
        self._queue: deque[tuple[Chunk, bytes]] = deque()
        self._queued_bytes = 0
        self._budget = budget
        self._mark = mark
        self._collect()

    # -- for the hub ------------------------------------------------------------------------------

    def send(self, record: dict[str, Any]) -> None:
        """Queue one record."""
        self.send_frame(frame(encode_message(record)))

    def send_frame(self, *parts: bytes) -> None:
        """Queue a frame, which may come in parts."""
        self._queue_ack()
        self._collect()
        for part in parts:
            self._push(part)
        self._mark(self)

    def refuse(self, code: ErrorCode, message: str, *, again: bool = False) -> None:
        """Answer the last message with an error.

        `again`: the client did nothing wrong that it would do again on its next connection.
        """
        self._queue_ack()
        more = {"again": True} if again else {}
        self.protocol.refuse(code, message, **more)
        self._collect()
        self._mark(self)

    def owe_ack(self, make: Callable[[], bytes]) -> None:
        """An acknowledgement is due. It is made as a frame when it is sent, so one covers many."""
        self._make_ack = make
        self._mark(self)

    def collect(self) -> None:
        """Queue what the protocol itself has to send: its hello and its errors."""
        if self.protocol.has_data_to_send:
            self._collect()
            self._mark(self)

    def look_again(self) -> None:
        """There may be something to send in a moment."""
        self._mark(self)

    def close(self) -> None:
        """Read nothing more; close once everything queued is sent."""
        self.protocol.close()
        self._closing = True
        self._mark(self)

    def abort(self) -> None:
        """Close at once, whatever is queued."""
        self.hold()
        self.aborted = True
        self.protocol.close()
        self.drop_queue()
        self._mark(self)

    def drop_queue(self) -> None:
        """Discard everything that was to be sent."""
        for _, blob in self._queue:
            self._finish(blob)
        self._queue.clear()
        self._queued_bytes = 0
        self.source = self._make_ack = self.work = None

    # -- for the shell ----------------------------------------------------------------------------

    def hold(self) -> None:
        """The kernel takes no more: nothing is broadcast to it until it is pulled from again."""
        if self.source is not None:
            self.source.hold()

    @property
    def congested(self) -> bool:
        """Nothing more may be read from this client: too many replies wait, or it has given us
        work for a while."""
        return self._queued_bytes > MAX_QUEUED_BYTES or self.work is not None

    @property
    def is_receiving(self) -> bool:
        """A message is on its way, or is being served."""
        return self.protocol.buffered > 0 or self.work is not None

    @property
    def finished(self) -> bool:
        """Everything is sent and the connection is to be closed."""
        return self.aborted or ((self._closing or self.protocol.closed) and self.is_drained)

    @property
    def is_drained(self) -> bool:
        """There is nothing to pull, and nothing comes by itself."""
        return not self._queue and self.source is None and self._make_ack is None

    def pull(self, max_bytes: int) -> list[Chunk]:
        """What to send next, at most `max_bytes`; empty if there is nothing now.

        Obligation of the caller: pull again only when the kernel has taken all of it.
        """
        out: list[Chunk] = []
        left = max_bytes
        if self._queue:
            self.hold()  # a frame may be taken in parts: nothing else may come between them
        while left > 0 and not self.aborted:
            self._queue_ack()
            if self._queue:
                left -= self._take(out, left)
                continue
            if self.source is None:
                break
            chunk = self.source.next_chunk(left)
            if chunk is None:
                if not self._queue:
                    break
            elif len(chunk) > left:
                self._push(chunk)
            else:
                out.append(chunk)
                left -= len(chunk)
        return out

    # -- inside -----------------------------------------------------------------------------------

    def _take(self, out: list[Chunk], max_bytes: int) -> int:
        chunk, blob = self._queue[0]
        size = min(len(chunk), max_bytes)
        if size == len(chunk):
            self._queue.popleft()
            out.append(chunk)
            self._finish(blob)
        else:
            view = memoryview(chunk)
            out.append(view[:size])
            self._queue[0] = (view[size:], blob)
        self._queued_bytes -= size
        return size

    def _push(self, blob: bytes) -> None:
        self._queue.append((blob, blob))
        self._queued_bytes += len(blob)
        if len(blob) >= LARGE_BYTES:
            for stale in self._budget.begin(blob, self):
                stale.abort()

    def _finish(self, blob: bytes) -> None:
        if len(blob) >= LARGE_BYTES:
            self._budget.finish(blob, self)

    def _collect(self) -> None:
        for data in self.protocol.data_to_send():
            self._push(data)

    def _queue_ack(self) -> None:
        if self._make_ack is not None:
            make, self._make_ack = self._make_ack, None
            self._push(make())
