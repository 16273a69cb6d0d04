"""The sessions of a store and their rules: how they begin and end, gaps, and memory.

A cursor at position n can be resumed if nothing after n was dropped: `Ring.lost_after` is the only
place that says so, for cursors (`gap`) and for readers on their way alike. No locks and no clock:
the store has both.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from lashd.cursor import MAX_INCARNATION, MAX_N, check_session_id, join_position
from lashd.errors import StoreError
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.ring import Ring

if TYPE_CHECKING:
    from lashd.limits import StoreLimits


class RingSet:
    """One ring for each session, within the bounds of `limits`."""

    def __init__(self, limits: StoreLimits, incarnation: int) -> None:
        if not 0 <= incarnation <= MAX_INCARNATION:
            raise ValueError(f"incarnation {incarnation} is not a 24-bit number")
        self.limits = limits
        self.position_0 = join_position(incarnation, 0)
        self.total_bytes = 0
        self.floor = 0
        """Past every position of every forgotten session; where a new one starts.

        Past the tail, not at it: a cursor at a forgotten session's tail must not pass for the
        start of its namesake.
        """
        # An event that its own ring or the process could not hold would be lost as it came.
        self.max_event_bytes = min(
            limits.max_event_bytes, limits.max_bytes_per_session, limits.max_total_bytes
        )
        self._rings: dict[str, Ring] = {}
        self.get = self._rings.get
        """The ring of a session; None where there is no such session."""
        self._pending: WeakValueDictionary[str, Ring] = WeakValueDictionary()
        """Rings of sessions that don't exist yet, held by subscriptions and gone with the last."""

    def trimmed(self, session_id: str, now: float) -> Ring | None:
        """The ring of a session within its bounds."""
        ring = self._rings.get(session_id)
        if ring is not None:
            self.total_bytes -= ring.trim(now, self.limits)
        return ring

    def gap(self, ring: Ring | None, live_position: int) -> LiveReplayGapReason | None:
        """Why a position of the session with this trimmed ring can't be resumed; None: it can."""
        n = live_position - self.position_0
        if not 0 <= n <= MAX_N:
            return LiveReplayGapReason.UNAVAILABLE
        if ring is None:
            return None if n == self.floor else LiveReplayGapReason.UNAVAILABLE
        if n < ring.start or n > ring.tail:
            return LiveReplayGapReason.UNAVAILABLE
        return LiveReplayGapReason.TRIMMED if ring.lost_after(n) else None

    # -- beginnings and ends -------------------------------------------------------------------

    def next_position(self, session_id: str, count: int = 1) -> int:
        """n of the next event of a session, which need not exist yet; `count` are to follow.

        Raises:
            StoreError: there can't be one more session, or one more event.
            ValueError: the session id is out of its bounds.
        """
        ring = self._rings.get(session_id)
        if ring is None:
            check_session_id(session_id)
            if len(self._rings) >= self.limits.max_sessions:
                raise StoreError(f"there are {len(self._rings)} sessions; no more are allowed")
        n = (self.floor if ring is None else ring.tail) + 1
        if n + count - 1 > MAX_N:
            raise StoreError(f"position {n} is over {MAX_N}: the daemon must be restarted")
        return n

    def expecting(self, session_id: str) -> Ring:
        """The ring of a session, or the one that it will have; see `next_position` and `created`.

        Raises:
            StoreError, ValueError: as `next_position`.
        """
        self.next_position(session_id)
        ring = self._rings.get(session_id)
        return self.expected(session_id) if ring is None else ring

    def created(self, session_id: str, start: int | None = None) -> Ring:
        """The ring of a session, created here unless it exists; see `next_position`.

        `start` is where it begins, where that is decided elsewhere.
        """
        ring = self._rings.get(session_id)
        if ring is None:
            ring = self._pending.pop(session_id, None)
            if ring is None:
                ring = Ring()
            ring.create(self.floor if start is None else start)
            self._rings[session_id] = ring
        return ring

    def expected(self, session_id: str) -> Ring:
        """The ring that a session will have once it is created; lives as long as it is held."""
        ring = self._pending.get(session_id)
        if ring is None:
            ring = self._pending[session_id] = Ring()
        return ring

    def forget(self, session_id: str) -> bool:
        """End a session; whether it was there."""
        ring = self._rings.pop(session_id, None)
        if ring is None:
            return False
        self.total_bytes -= ring.close()
        self.floor = max(self.floor, ring.tail + 1)
        return True

    # -- memory --------------------------------------------------------------------------------

    def extend(self, ring: Ring, frames: list[bytes], revision: int, now: float, at: int) -> int:
        """Put events of one revision at the tail of a ring, and keep every bound; their bytes."""
        size = ring.extend(frames, revision, now, at)
        self.total_bytes += size
        self.keep_bounds(ring, len(frames[-1]), now)
        return size

    def keep_bounds(self, ring: Ring, newest: int, now: float) -> None:
        """Keep every bound, after an event of `newest` bytes has come into a ring."""
        self.total_bytes -= ring.trim(now, self.limits)
        over = self.total_bytes - self.limits.max_total_bytes
        if over > 0:
            # A thousandth more than needed: finding the largest ring costs a look at each, and a
            # full store would do so at every append.
            slack = self.limits.max_total_bytes // 1024
            self.drop_largest(over + slack, ring, newest)

    def drop_all(self, ring: Ring) -> None:
        """Drop all events of a ring."""
        self.total_bytes -= ring.drop(ring.count)

    def sweep(self, now: float) -> None:
        """Apply its bounds to every ring."""
        for ring in self._rings.values():
            self.total_bytes -= ring.trim(now, self.limits)

    def drop_largest(self, needed: int, spared: Ring | None = None, spared_bytes: int = 0) -> int:
        """Free `needed` bytes, each event from the ring that is the largest at that moment.

        The newest event of the ring `spared`, of `spared_bytes`, stays. Returns the bytes freed.
        """
        heap = [
            (spared_bytes - ring.bytes if ring is spared else -ring.bytes, index, ring)
            for index, ring in enumerate(self._rings.values())
        ]
        heapq.heapify(heap)
        freed = 0
        while freed < needed and heap and heap[0][0] < 0:
            size, index, ring = heapq.heappop(heap)
            second = -heap[0][0] if heap else 0
            dropped = ring.drop_bytes(min(needed - freed, max(1, -size - second)))
            freed += dropped
            heapq.heappush(heap, (size + dropped, index, ring))
        self.total_bytes -= freed
        return freed
