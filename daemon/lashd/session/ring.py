"""One session's history: encoded frames at contiguous positions, and when each one came.

Positions are contiguous, so the start of a replay is arithmetic, not a scan. Dropped frames are
released at once; their slots go a few hundred at a time. No locks and no clock: the store has
both.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.limits import StoreLimits

COMPACT_AT = 256
"""Dropped slots before the lists are cut: 2 KiB each, and the cut costs 5 ns an append."""

MAX_MARKS = 4096
"""Revision marks: 64 KiB at most. The newest half, as many as a default ring holds, stays exact."""

NO_TIME = -1
"""In the array of display times: the event has none."""


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
        "_at",
        "_base",
        "_frames",
        "bytes",
        "closed",
        "first",
        "is_created",
        "last_at",
        "marks",
        "start",
        "tail",
    )

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._appended_at = array("d")
        self._at = array("q")
        self._base = 1
        """The position of slot 0, dropped or not."""
        self.marks = RevisionMarks()
        self.is_created = False
        self.closed = False
        self.start = 0
        self.first = 1
        self.tail = 0
        self.bytes = 0
        self.last_at: int | None = None

    @property
    def count(self) -> int:
        """Retained events."""
        return self.tail + 1 - self.first

    def create(self, start: int) -> None:
        """Create the session at position `start`: its first event will be start + 1."""
        self.is_created = True
        self.start = self.tail = start
        self.first = self._base = start + 1

    def append(self, frame: bytes, revision: int, now: float, at: int | None) -> None:
        """The event at tail + 1."""
        self._frames.append(frame)
        self._appended_at.append(now)
        self._at.append(NO_TIME if at is None else at)
        self.bytes += len(frame)
        self.last_at = at
        self.tail += 1
        if revision > self.marks.highest:
            self.marks.note(self.tail, revision)

    def extend(
        self, frames: list[bytes], size: int, revision: int, now: float, ats: list[int]
    ) -> None:
        """Events from tail + 1 on, all of one revision; `size` is what the frames have together."""
        count = len(frames)
        self._frames += frames
        self._appended_at.extend([now] * count)
        self._at.extend(ats)
        self.bytes += size
        self.last_at = ats[-1]
        if revision > self.marks.highest:
            self.marks.note(self.tail + 1, revision)
        self.tail += count

    def skip(self, revision: int) -> None:
        """Take one position without an event: what stands there can't be replayed."""
        self.drop(self.count)
        self.tail += 1
        self.first = self._base = self.tail + 1
        if revision > self.marks.highest:
            self.marks.note(self.tail, revision)

    def drop(self, count: int) -> int:
        """Drop the `count` oldest events; the bytes that this frees."""
        if count <= 0:
            return 0
        frames = self._frames
        head = self.first - self._base
        freed = sum(map(len, frames[head : head + count]))
        frames[head : head + count] = [b""] * count
        head += count
        self.first += count
        self.bytes -= freed
        if self.first > self.tail:
            self._frames = []  # not clear(): the memory of a burst goes with it
            self._appended_at = array("d")
            self._at = array("q")
            self._base = self.first
        elif head >= COMPACT_AT:
            del self._frames[:head]
            del self._appended_at[:head]
            del self._at[:head]
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
        frames = self._frames
        head = slot = self.first - self._base
        found = 0
        while found < needed and slot < len(frames):
            found += len(frames[slot])
            slot += 1
        return self.drop(slot - head)

    def trim(self, now: float, limits: StoreLimits) -> int:
        """Apply the bounds of a session; the bytes that this frees."""
        freed = 0
        if self.count > limits.max_events_per_session:
            freed += self.drop(self.count - limits.max_events_per_session)
        freed += self.drop_older(now, limits.max_age)
        if self.bytes > limits.max_bytes_per_session:
            freed += self.drop_bytes(self.bytes - limits.max_bytes_per_session)
        return freed

    def close(self) -> int:
        """The session is forgotten; the bytes that this frees."""
        self.closed = True
        return self.drop(self.count)

    def frame(self, position: int) -> bytes:
        """The frame at a retained position."""
        return self._frames[position - self._base]

    def frames_after(self, after: int, up_to: int) -> list[bytes]:
        """The frames after one position, up to and with another; all of them retained."""
        return self._frames[after + 1 - self._base : up_to + 1 - self._base]

    def lost_after(self, position: int) -> int:
        """How many events after `position` are dropped. With 0 a reader there has missed none."""
        lost = self.first - 1 - position
        return lost if lost > 0 else 0

    def oldest_age(self, now: float) -> float | None:
        """Seconds since the oldest retained event came."""
        return now - self._appended_at[self.first - self._base] if self.count else None

    def at(self, position: int) -> int | None:
        """Unix milliseconds of the event at a retained position, where known."""
        at = self._at[position - self._base]
        return None if at == NO_TIME else at
