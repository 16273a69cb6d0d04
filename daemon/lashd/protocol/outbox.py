"""A publisher's events until they are acknowledged: numbers, bounds, and what an overflow does.

Pure. Events are numbered 1, 2, 3, ... for the life of the publisher and leave the outbox only when
the daemon has acknowledged them. Rules:

- What was sent stays until acknowledged; after a reconnect it counts as unsent again.
- When the outbox is full, the policy `drop` drops the oldest unsent events. Before anything else is
  sent, a mark takes the place of the last dropped event and the publisher's view goes with it, so
  that the snapshot stays complete. A view stands for everything up to the moment it was taken, so
  the batch that carries one ends with the newest event; what doesn't fit in front of that is
  dropped too.
- If the daemon doesn't know the session and not all events from number 1 are here, the publisher
  sends its view instead (`restore`), which stands for everything in the outbox.

Invariants: numbers rise through what is sent and on through what is unsent. What is unsent is
contiguous; what is sent jumps only at a gap: to a mark, or past events dropped without one. Between
the two, numbers may be missing: dropped while sent events took all the room.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgpack

from lashd.protocol.framing import frame
from lashd.wire_limits import KIB, MAX_APPEND_VALUES, MAX_BATCH_EVENTS, MAX_FRAME_BYTES, MIB

MAX_EVENTS = 8192
"""Four times the daemon's ring: older events could not be replayed anyway."""
MAX_BYTES = 8 * MIB
"""What the daemon retains of a session."""
MAX_BATCH_BYTES = MAX_APPEND_VALUES
"""One append (or one event, if that is larger). No value takes less than a byte, so no append of
several events has more values than one may have."""
MAX_VIEW_BATCH_BYTES = 48 * KIB
"""Events that go with a view: what a frame can hold beside the largest view."""

Policy = Literal["drop", "block"]


class Resume(Enum):
    """How a publisher resumes after the daemon has answered `opened`."""

    CONTINUE = "continue"
    """The daemon knows the session: send what it has not acknowledged."""
    CREATE = "create"
    """It doesn't, and all events are here: append them; an empty append creates the session too."""
    RESTORE = "restore"
    """It doesn't, and only the view is complete: send that."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded events for one append."""

    first: int
    events: list[bytes]

    def to_frame(self, view: bytes | None = None) -> bytes:
        """The `append` frame; `view` is an encoded read view.

        Raises:
            ProtocolViolation: too large, which only a view can cause.
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
        self._gap_end = 0
        """The newest mark's number, or that of the last event dropped without one; 0 if none."""
        self._dropped = 0
        self._sent_last = 0
        """Number of the newest event that was ever sent."""
        self._acknowledged = 0
        self._owes_view = False
        """The daemon has the session without what was published so far."""

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
    def dropped(self) -> int:
        """Events dropped that no mark stands for yet; until one does, nothing more is sent."""
        return self._dropped

    @property
    def acknowledged(self) -> int:
        """The number up to which the daemon has everything."""
        return self._acknowledged

    @property
    def is_acknowledged(self) -> bool:
        """Whether the daemon has everything."""
        return not (self._sent or self._unsent or self._dropped or self._owes_view)

    def fits(self, size: int, events: int = 1) -> bool:
        """Whether so many events, of `size` bytes in all, have room; with the policy `block` the
        caller waits.

        An empty outbox accepts any event: a single one is bounded by what the daemon accepts.
        """
        count = len(self) + events
        if count == 1:
            return True
        return count <= self._max_events and self._size + size <= self._max_bytes

    def add(self, event: bytes) -> int:
        """Add an encoded event; returns its number. With `drop` this may drop the oldest unsent."""
        if self._policy == "drop":
            while not self.fits(len(event)) and self._unsent:
                self._drop_oldest()
        number = self.next_number
        if self._policy == "drop" and not self.fits(len(event)):
            # Everything here was sent and is not yet acknowledged, so this event is the oldest
            # unsent one. The view has it, and its number is used up.
            self._unsent_first += 1
            self._dropped += 1
            return number
        self._unsent.append(event)
        self._size += len(event)
        return number

    # -- sending ----------------------------------------------------------------------------------

    @property
    def needs_mark(self) -> bool:
        """Whether `insert_mark` comes before the next batch. Sent events must leave room for it."""
        return (self._dropped > 0 or self._owes_view) and len(self._sent) < self._max_events

    def next_batch(self) -> Batch | None:
        """As many unsent events as one append holds; they count as sent from now on."""
        if self._dropped or self._owes_view:
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
        self._sent_last = max(self._sent_last, self._unsent_first - 1)
        return Batch(first, events) if events else None

    def make_room_for_view(self) -> int:
        """Keep only what goes with a view; returns how many events the mark stands for."""
        most = min(MAX_BATCH_EVENTS, self._max_events - len(self._sent)) - 1
        kept = size = 0
        for event in reversed(self._unsent):
            size += len(event)
            if kept == most or size > MAX_VIEW_BATCH_BYTES:
                break
            kept += 1
        while len(self._unsent) > kept:
            self._drop_oldest()
        return self._dropped

    def insert_mark(self, event: bytes) -> None:
        """Put an encoded event in place of those dropped, or before all others if only the view is
        owed. The next batch must carry the view."""
        assert self.needs_mark
        if self._dropped:
            self._unsent_first -= 1
        self._owes_view = False
        self._unsent.appendleft(event)
        self._size += len(event)
        self._gap_end = self._unsent_first
        self._dropped = 0

    def forget_dropped(self) -> None:
        """Send without a mark: the daemon sees the missing numbers, and shows them as a gap."""
        self._gap_end = self._unsent_first - 1
        self._dropped = 0
        self._owes_view = False

    # -- the daemon's answers ---------------------------------------------------------------------

    def acknowledge(self, last: int) -> None:
        """The daemon has everything up to number `last`."""
        self._acknowledged = max(self._acknowledged, last)
        while self._sent and self._sent[0][0] <= last:
            self._size -= len(self._sent.popleft()[1])

    def resume(self, known: bool, last: int | None) -> Resume:
        """A new connection: the daemon has everything up to `last`, nothing else counts as sent.

        None: it no longer knows what it has. Then nothing is sent again that was sent before.
        """
        if last is None:
            last = self._give_up_sent()
        self.acknowledge(last)
        self._take_back(last)
        if known:
            # These can't be sent any more: dropped, or acknowledged by a daemon that is gone.
            self._dropped = max(0, self._unsent_first - 1 - last)
            return Resume.CONTINUE
        if self._unsent_first == 1 and not self._dropped:
            return Resume.CREATE
        return Resume.RESTORE

    def restored(self, last: int, *, taken: bool = True) -> None:
        """The view that was sent stands for everything up to number `last`.

        If it was not taken, as the session was there already, it goes with the next batch.
        """
        while self._unsent and self._unsent_first <= last:
            self._size -= len(self._unsent.popleft())
            self._unsent_first += 1
        self._dropped = 0
        self._owes_view = not taken

    # -- inside -----------------------------------------------------------------------------------

    def _drop_oldest(self) -> None:
        self._size -= len(self._unsent.popleft())
        self._unsent_first += 1
        self._dropped += 1

    def _give_up_sent(self) -> int:
        """Drop what was sent and not acknowledged; number of the last event that was."""
        self._take_back(self._acknowledged)
        while self._unsent and self._unsent_first <= self._sent_last:
            self._drop_oldest()
        return self._acknowledged

    def _take_back(self, last: int) -> None:
        """What was sent and not acknowledged becomes unsent."""
        sent, self._sent = self._sent, deque()
        if self._gap_end > last:
            # A mark would need its view again, but a view taken now includes newer events: a new
            # mark will stand for everything up to and including this one. Without a mark, events
            # on the far side of the gap can't be put in front of the others.
            while sent and sent[0][0] <= self._gap_end:
                self._size -= len(sent.popleft()[1])
        self._gap_end = 0
        if not sent:
            return
        assert sent[0][0] > last
        assert sent[-1][0] - sent[0][0] == len(sent) - 1, "numbers jump only at a gap"
        assert sent[-1][0] < self._unsent_first
        if sent[-1][0] + 1 == self._unsent_first:
            self._unsent.extendleft(event for _, event in reversed(sent))
            self._unsent_first = sent[0][0]
        else:
            # Newer events were dropped since: their mark will stand for these too.
            self._size -= sum(len(event) for _, event in sent)


_APPEND = msgpack.packb("type") + msgpack.packb("append") + msgpack.packb("first")
_EVENTS = msgpack.packb("events")
_VIEW = msgpack.packb("view")


def append_frame(first: int, events: list[bytes], view: bytes | None = None) -> bytes:
    """An `append` of encoded events and an encoded view, none of which is encoded again."""
    count = len(events)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    parts = [b"\x83" if view is None else b"\x84", _APPEND, msgpack.packb(first), _EVENTS, head]
    parts += events
    if view is not None:
        parts += (_VIEW, view)
    return frame(b"".join(parts))


def restore_frame(view: bytes, last: int) -> bytes | None:
    """A `restore` of an encoded view; None if it doesn't fit into a frame."""
    body = b"".join(
        (
            b"\x83" + msgpack.packb("type") + msgpack.packb("restore"),
            _VIEW + view,
            msgpack.packb("last") + msgpack.packb(last),
        )
    )
    return frame(body) if len(body) <= MAX_FRAME_BYTES else None
