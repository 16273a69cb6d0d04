"""One session's history: events at contiguous positions, their sizes and when each one came.

An event is kept as its encoded frame, or as it is where its codec says so; here it is the same.
Positions are contiguous, so the start of a replay is arithmetic, not a scan. Dropped events are
released at once; their slots go a few hundred at a time. No locks and no clock: the store has
both.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from lashd.session.event_size import NO_ENVELOPE
from lashd.session.events import TurnActivity

if TYPE_CHECKING:
    from lashd.limits import StoreLimits
    from lashd.session.events import SessionObservationEvent

Frame: TypeAlias = bytes
Kept: TypeAlias = "Frame | SessionObservationEvent"
"""An event as a store keeps it; which of the two its codec says."""

COMPACT_AT = 256
"""Dropped slots before the lists are cut: 2 KiB each, and the cut costs 5 ns an append."""

MAX_MARKS = 4096
"""Revision marks: 64 KiB at most. The newest half, as many as a default ring holds, stays exact."""

MAX_OVER = 32
"""Events over the bound that a ring may hold until it is looked at: to drop as many at once costs a
tenth of dropping each as another comes. Their bytes are counted, and no reader finds them."""
OVER_SHARE = 32
"""But no more than this part of the bound."""


class RevisionMarks:
    """Where the highest revision so far rose: enough to find the first event newer than one.

    Bounded: when full, the older half is thinned out to every second mark, which then stands for
    its successor as well. Answers about that part may become earlier, never later.
    """

    __slots__ = ("_positions", "_revisions", "highest")

    def __init__(self) -> None:
        self._positions = array("Q")
        self._revisions = array("Q")
        self.highest = -1
        """The highest revision of any event; -1 before the first."""

    def note(self, position: int, revision: int) -> None:
        """An event with a revision higher than all before it."""
        self.highest = revision
        self._positions.append(position)
        self._revisions.append(revision)
        if len(self._positions) > MAX_MARKS:
            half = MAX_MARKS // 2
            self._positions[:half] = self._positions[:half:2]
            self._revisions[:half] = self._revisions[1:half:2]

    def first_newer(self, revision: int) -> int | None:
        """The position of the first event newer than `revision`, or one before it; None: none."""
        if revision >= self.highest:
            return None
        return self._positions[bisect_right(self._revisions, revision)]


class Ring:
    """The retained events of one session. `first` is tail + 1 when none is retained.

    A ring may exist before its session does (`is_created` is false): subscriptions that wait for
    the session hold it, and `create` gives it its place.
    """

    __slots__ = (
        "__weakref__",
        "_appended_at",
        "_base",
        "_end",
        "_ends",
        "_freed",
        "_kept",
        "_trim_end",
        "_trim_tail",
        "closed",
        "envelope",
        "first",
        "is_created",
        "last_at",
        "last_encoded",
        "last_key",
        "marks",
        "start",
        "tail",
    )

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._ends = array("Q")
        """Bytes of all events up to each slot: sizes are differences, and sums are, too."""
        self._end = 0
        """The last of them; `_freed` that of the newest event dropped."""
        self._freed = 0
        self._appended_at = array("d")
        self._trim_tail = self._trim_end = 0
        """`trim` has nothing to do before the tail, or the bytes, are past this."""
        self._base = 1
        """The position of slot 0, dropped or not."""
        self.marks = RevisionMarks()
        self.is_created = False
        self.closed = False
        self.start = 0
        self.first = 1
        self.tail = 0
        self.last_encoded = 0
        """All after this event are kept as they are; whoever appends a frame moves it on."""
        self.last_at: int | None = None
        self.last_key: str | None = None
        """The last correlation id: the events of a message share it, whoever made them."""
        self.envelope = NO_ENVELOPE
        """For the sizes of events that are kept as they are; the last one made."""

    @property
    def count(self) -> int:
        """Retained events."""
        return self.tail + 1 - self.first

    @property
    def bytes(self) -> int:
        """Encoded bytes of the retained events, whether they are encoded or not."""
        return self._end - self._freed

    def create(self, start: int) -> None:
        """Create the session at position `start`: its first event will be start + 1."""
        self.is_created = True
        self.start = self.tail = start
        self.first = self._base = start + 1

    def sharing_key(self, payload: TurnActivity) -> TurnActivity:
        """A payload to be kept as it is; its correlation id is the last one's if they are equal."""
        key = payload.correlation_id
        if key == self.last_key:
            return TurnActivity(payload.id, self.last_key, payload.event, payload.parent)
        self.last_key = key
        return payload

    def append(self, kept: Kept, size: int, revision: int, now: float, at: int | None) -> bool:
        """The event at tail + 1; encoded, it has `size` bytes. Whether `trim` is needed then."""
        self._end = end = self._end + size
        self._kept.append(kept)
        self._ends.append(end)
        self._appended_at.append(now)
        self.last_at = at
        self.tail = tail = self.tail + 1
        if revision > self.marks.highest:
            self.marks.note(tail, revision)
        return tail > self._trim_tail or end > self._trim_end

    def extend(self, frames: list[Frame], revision: int, now: float, at: int) -> int:
        """Encoded events from tail + 1 on, all of one revision; the bytes that they have.

        `at` is the time of the last.
        """
        count, before = len(frames), self._end
        self._kept += frames
        ends = list(accumulate(map(len, frames), initial=before))
        self._end = ends[-1]
        del ends[0]
        self._ends.extend(ends)
        self._appended_at.extend([now] * count)
        self.last_at = at
        if revision > self.marks.highest:
            self.marks.note(self.tail + 1, revision)
        self.tail += count
        self.last_encoded = self.tail
        return self._end - before

    def skip(self, revision: int, up_to: int | None = None) -> None:
        """Take the positions `up_to` one, by default the next one, without events: what stands
        there can't be replayed."""
        self.drop(self.count)
        skipped = self.tail + 1
        self.tail = skipped if up_to is None else up_to
        self.first = self._base = self.tail + 1
        if revision > self.marks.highest:
            self.marks.note(skipped, revision)

    def drop(self, count: int) -> int:
        """Drop the `count` oldest events; the bytes that this frees."""
        if count <= 0:
            return 0
        head = self.first - self._base
        freed = -self._freed
        self._freed = end = self._ends[head + count - 1]
        freed += end
        self.first += count
        if self.first > self.tail:
            self._kept = []  # not clear(): the memory of a burst goes with it
            self._ends = array("Q")
            self._appended_at = array("d")
            self._base = self.first
            return freed
        if count == 1:
            self._kept[head] = b""
        else:
            self._kept[head : head + count] = [b""] * count
        head += count
        if head >= COMPACT_AT:
            del self._kept[:head]
            del self._ends[:head]
            del self._appended_at[:head]
            self._base = self.first
        return freed

    def drop_older(self, now: float, max_age: float) -> int:
        """Drop what is strictly older than `max_age` seconds; the bytes that this frees."""
        head = self.first - self._base
        appended_at = self._appended_at
        if head == len(appended_at) or now - appended_at[head] <= max_age:
            return 0
        slot = head + 1
        while slot < len(appended_at) and now - appended_at[slot] > max_age:
            slot += 1
        return self.drop(slot - head)

    def drop_bytes(self, needed: int) -> int:
        """Drop oldest events until `needed` bytes are freed; the bytes that this frees."""
        head = self.first - self._base
        last = bisect_left(self._ends, self._freed + needed, head)
        return self.drop(min(last + 1 - head, self.count))

    def trim(self, now: float, limits: StoreLimits) -> int:
        """Apply the bounds of a session; the bytes that this frees."""
        first, appended_at = self.first, self._appended_at
        head = first - self._base
        if (
            self.tail < first + limits.max_events_per_session
            and self._end - self._freed <= limits.max_bytes_per_session
            and (head == len(appended_at) or now - appended_at[head] <= limits.max_age)
            and self._trim_end
        ):
            return 0
        allowed, max_bytes = limits.max_events_per_session, limits.max_bytes_per_session
        freed = self.drop(self.tail + 1 - first - allowed)
        freed += self.drop_older(now, limits.max_age)
        over = self._end - self._freed - max_bytes
        if over > 0:
            freed += self.drop_bytes(over)
        self._trim_tail = self.first - 1 + allowed + min(MAX_OVER, allowed // OVER_SHARE)
        self._trim_end = self._freed + max_bytes
        return freed

    def close(self) -> int:
        """The session is forgotten; the bytes that this frees."""
        self.closed = True
        return self.drop(self.count)

    def kept(self, position: int) -> Kept:
        """The event at a retained position, as it is kept."""
        return self._kept[position - self._base]

    def kept_after(self, after: int, up_to: int) -> list[Kept]:
        """The events after one position, up to and with another; all of them retained."""
        return self._kept[after + 1 - self._base : up_to + 1 - self._base]

    def fitting_after(self, after: int, max_bytes: int) -> int:
        """The last position for which the events after `after` have at most `max_bytes` bytes."""
        slot = after + 1 - self._base
        before = self._ends[slot - 1] if slot > 0 else self._freed
        return self._base - 1 + bisect_right(self._ends, before + max_bytes, slot)

    def lost_after(self, position: int) -> int:
        """How many events after `position` are dropped. With 0 a reader there has missed none."""
        lost = self.first - 1 - position
        return lost if lost > 0 else 0

    def oldest_age(self, now: float) -> float | None:
        """Seconds since the oldest retained event came."""
        return self.age_after(self.first - 1, now)

    def age_after(self, after: int, now: float) -> float | None:
        """Seconds since the first retained event after a position came; None: there is none."""
        position = max(self.first, after + 1)
        return now - self._appended_at[position - self._base] if position <= self.tail else None
