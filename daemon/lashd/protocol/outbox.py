"""What a publisher has not yet got acknowledged: numbers, bounds, and what to do when it overflows.

Pure. Events are numbered 1, 2, 3, ... for the life of the publisher and leave the outbox only when
the daemon has acknowledged them. Rules:

- What was sent stays until acknowledged; after a reconnect it is unsent again.
- Full, with the policy `drop`: the oldest unsent events go. Before anything else is sent, a mark
  takes the place of the last of them and the publisher's view goes along, so that the snapshot
  is whole. As a view stands for everything up to its own moment, the batch that carries one ends
  with the newest event; what doesn't fit in front of that is dropped as well.
- To a daemon that doesn't know the session, a publisher that can't give all events from number 1
  gives its view instead (`restore`), which stands for everything in the outbox.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgpack

from lashd.protocol.framing import frame
from lashd.wire_limits import KIB, MAX_BATCH_EVENTS, MAX_FRAME_BYTES, MIB

MAX_EVENTS = 8192
"""Four rings of the daemon: more of the past nobody could replay anyway."""
MAX_BYTES = 8 * MIB
"""As much as the daemon retains of a session."""
MAX_BATCH_BYTES = MIB
"""One append (or one event, if that is larger)."""
MAX_VIEW_BATCH_BYTES = 48 * KIB
"""Events that go along with a view: what a frame can hold beside the largest one."""

Policy = Literal["drop", "block"]


class Resume(Enum):
    """What a publisher does once `opened` came."""

    CONTINUE = "continue"
    CREATE = "create"
    """The daemon doesn't know the session, and we have all of it: an append, even an empty one."""
    RESTORE = "restore"
    """The daemon doesn't know the session, and our view is all that is left of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to send in one append, already encoded."""

    first: int
    events: list[bytes]

    def to_frame(self, view: bytes | None = None) -> bytes:
        """The `append` frame; `view` is an encoded read view.

        Raises:
            ProtocolViolation: too large; only a view can make it so.
        """
        return append_frame(self.first, self.events, view)


class Outbox:
    """Events between `publish` and their acknowledgement."""

    def __init__(
        self,
        policy: Policy = "drop",
        *,
        max_events: int = MAX_EVENTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._policy = policy
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._sent: deque[tuple[int, bytes]] = deque()
        self._unsent: deque[bytes] = deque()
        self._unsent_first = 1
        self._size = 0
        self._marked = 0
        self.dropped = 0
        """Events dropped that no mark stands for yet; until one does, nothing more is sent."""

    def __len__(self) -> int:
        return len(self._sent) + len(self._unsent)

    @property
    def size(self) -> int:
        """Bytes of all events held."""
        return self._size

    @property
    def next_number(self) -> int:
        """The number that the next event gets."""
        return self._unsent_first + len(self._unsent)

    @property
    def last_number(self) -> int:
        """The number of the newest event, 0 before the first."""
        return self.next_number - 1

    @property
    def unsent(self) -> int:
        """How many events wait to be sent."""
        return len(self._unsent)

    @property
    def settled(self) -> bool:
        """Everything is acknowledged."""
        return not self._sent and not self._unsent and not self.dropped

    def fits(self, size: int) -> bool:
        """True if an event of `size` bytes has room. With the policy `block` the caller waits.

        An empty outbox takes any event: one alone is bounded by what the daemon accepts.
        """
        count = len(self)
        if count == 0:
            return True
        return count < self._max_events and self._size + size <= self._max_bytes

    def add(self, event: bytes) -> int:
        """Take an encoded event, return its number. With `drop` the oldest unsent may go."""
        if self._policy == "drop":
            while not self.fits(len(event)) and self._unsent:
                self._drop_oldest()
        number = self.next_number
        if self._policy == "drop" and not self.fits(len(event)):
            # All that is here was sent and waits for its acknowledgement: this one is the oldest
            # unsent. It is in the view, and its number is used up.
            self._unsent_first += 1
            self.dropped += 1
            return number
        self._unsent.append(event)
        self._size += len(event)
        return number

    # -- sending ----------------------------------------------------------------------------------

    @property
    def mark_due(self) -> bool:
        """`put_mark` before the next batch. Not while all the room is taken by sent events."""
        return self.dropped > 0 and len(self._sent) < self._max_events

    def next_batch(self) -> Batch | None:
        """Unsent events, as many as one append takes; they count as sent from now on."""
        if self.dropped:
            return None
        events: list[bytes] = []
        size = 0
        first = self._unsent_first
        while self._unsent and len(events) < MAX_BATCH_EVENTS:
            size += len(self._unsent[0])
            if events and size > MAX_BATCH_BYTES:
                break
            event = self._unsent.popleft()
            events.append(event)
            self._sent.append((self._unsent_first, event))
            self._unsent_first += 1
        return Batch(first, events) if events else None

    def make_room_for_view(self) -> int:
        """Keep only what goes along with a view; how many events the mark must stand for."""
        most = min(MAX_BATCH_EVENTS, self._max_events - len(self._sent)) - 1
        kept = size = 0
        for event in reversed(self._unsent):
            size += len(event)
            if kept == most or size > MAX_VIEW_BATCH_BYTES:
                break
            kept += 1
        while len(self._unsent) > kept:
            self._drop_oldest()
        return self.dropped

    def put_mark(self, event: bytes) -> None:
        """Put an encoded event in the place of those dropped. The next batch needs the view."""
        assert self.mark_due
        self._unsent_first -= 1
        self._unsent.appendleft(event)
        self._size += len(event)
        self._marked = self._unsent_first
        self.dropped = 0

    # -- what the daemon says ---------------------------------------------------------------------

    def acked(self, last: int) -> None:
        """The daemon has everything up to number `last`."""
        while self._sent and self._sent[0][0] <= last:
            self._size -= len(self._sent.popleft()[1])

    def opened(self, known: bool, last: int) -> Resume:
        """A new connection: the daemon has everything up to `last`, nothing else counts as sent."""
        self.acked(last)
        self._take_back(last)
        if known:
            # Numbers that we can't give any more: dropped, or told to a daemon that is gone.
            self.dropped = max(0, self._unsent_first - 1 - last)
            return Resume.CONTINUE
        if self._unsent_first == 1 and not self.dropped:
            return Resume.CREATE
        return Resume.RESTORE

    def restored(self, last: int) -> None:
        """The view that was given stands for everything up to number `last`."""
        while self._unsent and self._unsent_first <= last:
            self._size -= len(self._unsent.popleft())
            self._unsent_first += 1
        self.dropped = 0

    # -- inside -----------------------------------------------------------------------------------

    def _drop_oldest(self) -> None:
        self._size -= len(self._unsent.popleft())
        self._unsent_first += 1
        self.dropped += 1

    def _take_back(self, last: int) -> None:
        sent, self._sent = self._sent, deque()
        if self._marked > last:
            # The mark needs its view again, and a view ends with the newest event of today: a
            # new mark will stand for everything up to this one.
            while sent and sent[0][0] <= self._marked:
                self._size -= len(sent.popleft()[1])
        self._marked = 0
        if not sent:
            return
        if sent[-1][0] + 1 == self._unsent_first:
            self._unsent.extendleft(event for _, event in reversed(sent))
            self._unsent_first = sent[0][0]
        else:
            # Newer ones were dropped since: their mark stands for these as well.
            self._size -= sum(len(event) for _, event in sent)


_APPEND = msgpack.packb("type") + msgpack.packb("append") + msgpack.packb("first")
_EVENTS = msgpack.packb("events")
_VIEW = msgpack.packb("view")


def append_frame(first: int, events: list[bytes], view: bytes | None = None) -> bytes:
    """An `append` of events (and a view) that are encoded already: each is encoded once."""
    count = len(events)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    parts = [b"\x83" if view is None else b"\x84", _APPEND, msgpack.packb(first), _EVENTS, head]
    parts += events
    if view is not None:
        parts += (_VIEW, view)
    return frame(b"".join(parts))


def restore_frame(view: bytes, last: int) -> bytes | None:
    """A `restore` of an encoded view; None if no frame can hold it."""
    body = b"".join(
        (
            b"\x83" + msgpack.packb("type") + msgpack.packb("restore"),
            _VIEW + view,
            msgpack.packb("last") + msgpack.packb(last),
        )
    )
    return frame(body) if len(body) <= MAX_FRAME_BYTES else None
