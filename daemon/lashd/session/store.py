"""The replay store: what can be resumed from where, for how long, and what is a gap.

A cursor at position n can be resumed if nothing after n was dropped; the rule is `_gap`, and it is
the only one. Each session has a ring of encoded events. Memory is bounded by count, age and bytes
per session, and by bytes and sessions in all. Everything is synchronous and quick, and safe from
any thread under one lock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from lashd.clock import default_clock
from lashd.errors import StoreError, SubscriberLagged, SubscriptionClosed
from lashd.limits import StoreLimits
from lashd.session.codec import decode_event, encode_event
from lashd.session.cursor import (
    MAX_INCARNATION,
    MAX_N,
    PREFIX,
    SessionCursor,
    SessionRevision,
    check_session_id,
    join_position,
    split_position,
)
from lashd.session.events import Committed, Payload, SessionObservationEvent
from lashd.session.results import (
    FrameSlice,
    Gap,
    LiveReplayGapReason,
    LiveReplayResult,
    LiveReplaySubscribeResult,
    Replayed,
    SessionBounds,
    Subscribed,
)
from lashd.session.ring import Ring
from lashd.session.subscription import RingSubscription

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_AT = 2**53
"""Display times beyond what JSON readers hold exactly are no times."""


class LiveReplayStore(Protocol):
    """What a session needs of a store. Laws that any store must keep: `lashd.testing.laws`."""

    def append(
        self, session_id: str, revision: SessionRevision | int, payload: Payload
    ) -> SessionObservationEvent:
        """Give the event its position and retain it.

        Raises:
            StoreError: a bound refuses it; nothing has changed.
        """
        ...

    def replay_after_cursor(self, cursor: SessionCursor) -> LiveReplayResult:
        """Every event after the cursor, in order, or why that can't be had.

        Raises:
            MalformedCursor: it is no cursor.
        """
        ...

    def subscribe_after_cursor(self, cursor: SessionCursor) -> LiveReplaySubscribeResult:
        """As replay, then on with whatever comes; one atomic step.

        Raises:
            MalformedCursor: it is no cursor.
        """
        ...

    def current_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor before the first event newer than `revision`, at the tail if there is none.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        ...

    def trim_session(self, session_id: str) -> None:
        """Apply the bounds to one session now."""
        ...


@dataclass(frozen=True, slots=True)
class EventCodec:
    """How events become the bytes that are retained, and come back."""

    encode: Callable[[SessionObservationEvent], bytes]
    decode: Callable[[bytes], SessionObservationEvent]


PLAIN_CODEC = EventCodec(encode_event, decode_event)


@dataclass(frozen=True, slots=True)
class InMemoryLiveReplayStoreConfig(StoreLimits):
    """The bounds of a store: ages in seconds, sizes in bytes; see `StoreLimits`."""


class InMemoryLiveReplayStore:
    """The store of one process; its sessions are gone when it is.

    `incarnation` is drawn by a daemon at start, so that cursors of the one before are not taken
    for its own. `clock` gives seconds and never goes back.
    """

    def __init__(
        self,
        config: StoreLimits | None = None,
        *,
        clock: Callable[[], float] | None = None,
        incarnation: int = 0,
        codec: EventCodec = PLAIN_CODEC,
    ) -> None:
        if not 0 <= incarnation <= MAX_INCARNATION:
            raise ValueError(f"incarnation {incarnation} is not a 24-bit number")
        self.config = config or InMemoryLiveReplayStoreConfig()
        self.incarnation = incarnation
        self.codec = codec
        self.lock = RLock()
        """Held for each operation; a caller may hold it over several that belong together."""
        self.total_bytes = 0
        """Encoded bytes of all retained events; the objects around them are not counted."""
        self._clock = clock or default_clock
        self._rings: dict[str, Ring] = {}
        self._unborn: WeakValueDictionary[str, Ring] = WeakValueDictionary()
        """Rings that subscriptions to sessions not yet there hold; they go with the last one."""
        self._floor = 0
        """Past every position of every forgotten session; where a new one starts.

        Past the tail, not at it: a cursor at a forgotten session's tail must not pass for the
        start of its namesake.
        """
        self._watchers: dict[str, dict[object, Callable[[], None]]] = {}
        self._swept_at = self._clock()
        # An event that its own ring or the process could not hold would be lost as it came.
        self._max_event = min(
            self.config.max_event_bytes,
            self.config.max_bytes_per_session,
            self.config.max_total_bytes,
        )

    @classmethod
    def with_bounds(
        cls,
        max_events_per_session: int,
        max_age_seconds: float,
        *,
        clock: Callable[[], float] | None = None,
        incarnation: int = 0,
    ) -> InMemoryLiveReplayStore:
        """A store with these two bounds and the defaults for the others."""
        config = InMemoryLiveReplayStoreConfig(max_events_per_session, max_age_seconds)
        return cls(config, clock=clock, incarnation=incarnation)

    # -- the seed's operations -----------------------------------------------------------------

    def append(
        self,
        session_id: str,
        revision: SessionRevision | int,
        payload: Payload,
        *,
        at: int | None = None,
    ) -> SessionObservationEvent:
        """Give the event its position, retain it, and tell the watchers of the session.

        `at` is for display: Unix milliseconds. A commit's read view is neither retained nor
        returned.

        Raises:
            StoreError: too large, not encodable, or a session too many; nothing has changed.
            ValueError: the session id is out of its bounds.
        """
        revision = _revision(revision)
        if type(payload) is Committed and payload.read_view is not None:
            payload = Committed()
        if at is not None and not 0 <= at <= MAX_AT:
            at = None
        with self.lock:
            ring = self._rings.get(session_id)
            if ring is None:
                self._check_birth(session_id)
            n = (self._floor if ring is None else ring.tail) + 1
            if n > MAX_N:
                raise StoreError(f"position {n} is over {MAX_N}: the daemon must be restarted")
            cursor = SessionCursor(
                f"{PREFIX}{revision.n}:{join_position(self.incarnation, n)}:{session_id}"
            )
            event = SessionObservationEvent(session_id, revision, cursor, payload, at)
            frame = self._encode(event)
            if ring is None:
                ring = self._bear(session_id)
            now = self._clock()
            ring.append(frame, revision.n, now, at)
            self.total_bytes += len(frame)
            self.total_bytes -= ring.trim(now, self.config)
            if now - self._swept_at >= self.config.max_age / 4:
                self._sweep(now)
            if self.total_bytes > self.config.max_total_bytes:
                self._fit_total(ring, len(frame))
            callbacks = self._callbacks(session_id)
        for callback in callbacks:
            callback()
        return event

    def replay_after_cursor(self, cursor: SessionCursor) -> LiveReplayResult:
        """Every event after the cursor, in order, or why that can't be had. Creates nothing.

        Raises:
            MalformedCursor: it is no cursor.
        """
        parsed = cursor.parse()
        with self.lock:
            ring = self._trimmed(parsed.session_id)
            reason = self._gap(ring, parsed.live_position)
            if reason is not None:
                return Gap(reason)
            frames = [] if ring is None else ring.frames_after(parsed.n, ring.tail)
        decode = self.codec.decode
        return Replayed([decode(frame) for frame in frames])

    def subscribe_after_cursor(self, cursor: SessionCursor) -> LiveReplaySubscribeResult:
        """As replay, then on with whatever comes; one atomic step.

        At the start of a session that doesn't exist it waits for its birth, wherever that will
        be, and creates nothing but the subscription.

        Raises:
            MalformedCursor: it is no cursor.
        """
        parsed = cursor.parse()
        session_id = parsed.session_id
        with self.lock:
            ring = self._trimmed(session_id)
            reason = self._gap(ring, parsed.live_position)
            if reason is not None:
                return Gap(reason)
            if ring is None:
                ring = self._unborn.get(session_id)
                if ring is None:
                    ring = self._unborn[session_id] = Ring()
            return Subscribed(RingSubscription(self, session_id, ring, parsed.n))

    def current_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor of someone who knows the session as of `revision`.

        Before the first event newer than that, retained or not; at the tail if there is none; at
        the start of a session that isn't there.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        revision = _revision(revision)
        with self.lock:
            ring = self._rings.get(session_id)
            if ring is None:
                n = self._floor
            else:
                newer = ring.marks.first_newer(revision.n)
                n = ring.tail if newer is None else newer - 1
        return SessionCursor.new(session_id, revision, join_position(self.incarnation, n))

    def trim_session(self, session_id: str) -> None:
        """Apply the bounds to one session now."""
        with self.lock:
            self._trimmed(session_id)

    # -- for the host and the hub --------------------------------------------------------------

    def tail_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor at the tail, whatever the revision: where a snapshot taken now stands.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        with self.lock:
            ring = self._rings.get(session_id)
            n = self._floor if ring is None else ring.tail
        return SessionCursor.new(session_id, revision, join_position(self.incarnation, n))

    def check(self, session_id: str, live_position: int) -> LiveReplayGapReason | None:
        """Why a position can't be resumed; None where it can."""
        with self.lock:
            return self._gap(self._trimmed(session_id), live_position)

    def bounds(self, session_id: str) -> SessionBounds | None:
        """Where the session's history begins and ends; None where there is no such session."""
        with self.lock:
            ring = self._trimmed(session_id)
            if ring is None:
                return None
            return SessionBounds(
                start=ring.start,
                first=ring.first,
                tail=ring.tail,
                events=ring.count,
                bytes=ring.bytes,
                oldest_age=ring.oldest_age(self._clock()),
                first_at=ring.at(ring.first) if ring.count else None,
                last_at=ring.last_at,
            )

    def read_frames(
        self, session_id: str, after: int, max_bytes: int, up_to: int | None = None
    ) -> FrameSlice:
        """Encoded events after n `after`, at most `max_bytes` of them but at least one.

        `up_to` is the last n wanted.

        Raises:
            SubscriberLagged: `count` events after `after` are gone; go on from `after + count`.
            SubscriptionClosed: no such session, or one born after that position.
        """
        with self.lock:
            ring = self._trimmed(session_id)
            if ring is None or after < ring.start:
                raise SubscriptionClosed
            last = ring.tail if up_to is None else min(up_to, ring.tail)
            if after >= last:
                return FrameSlice([], after)
            if after + 1 < ring.first:
                raise SubscriberLagged(ring.first - 1 - after)
            if last - after == 1:
                return FrameSlice([ring.frame(last)], last)
            frames = ring.frames_after(after, last)
            if ring.bytes > max_bytes:
                room = max_bytes - len(frames[0])
                count = 1
                while count < len(frames) and len(frames[count]) <= room:
                    room -= len(frames[count])
                    count += 1
                del frames[count:]
            return FrameSlice(frames, after + len(frames))

    def begin(self, session_id: str, revision: SessionRevision | int = 0) -> SessionCursor:
        """Create the session without an event, for a view that comes from elsewhere.

        The view stands at the returned cursor, one past the session's start: whoever waited at
        the start has missed what the view holds, and is told so (a gap, or a lag of 1).

        Raises:
            StoreError: the session exists, or is one too many.
            ValueError: the session id or the revision is out of its bounds.
        """
        revision = _revision(revision)
        with self.lock:
            if session_id in self._rings:
                raise StoreError(f"session {session_id} exists already")
            self._check_birth(session_id)
            self._bear(session_id).skip(revision.n)
            callbacks = self._callbacks(session_id)
            cursor = self.tail_cursor(session_id, revision)
        for callback in callbacks:
            callback()
        return cursor

    def drop_history(self, session_id: str) -> None:
        """Drop all retained events of a session; its positions stay."""
        with self.lock:
            ring = self._rings.get(session_id)
            if ring is None:
                return
            self.total_bytes -= ring.drop(ring.count)
            callbacks = self._callbacks(session_id)
        for callback in callbacks:
            callback()

    def drop_oldest(self, bytes_needed: int) -> int:
        """Drop oldest events of whichever ring is the largest; the bytes that this freed."""
        with self.lock:
            return self._drop_largest(bytes_needed, None, 0)

    def forget(self, session_id: str) -> bool:
        """Forget a session and close its subscriptions; whether it was there.

        None of its positions is ever used again.
        """
        with self.lock:
            ring = self._rings.pop(session_id, None)
            if ring is None:
                return False
            self.total_bytes -= ring.close()
            self._floor = max(self._floor, ring.tail + 1)
            callbacks = self._callbacks(session_id)
        for callback in callbacks:
            callback()
        return True

    def sweep(self) -> None:
        """Drop what is too old in every session. For a timer: appends do it now and then."""
        with self.lock:
            self._sweep(self._clock())

    def watch(self, session_id: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after each append to the session, its birth and its end.

        The session need not exist yet. Callbacks run in the thread that made the change, without
        the store's lock unless that thread holds it already: they must be quick, not block and
        not raise, and had better only schedule. Returns the call that ends it, once or more.
        """
        key = object()
        with self.lock:
            self._watchers.setdefault(session_id, {})[key] = callback

        def unwatch() -> None:
            with self.lock:
                callbacks = self._watchers.get(session_id)
                if callbacks is None:
                    return
                callbacks.pop(key, None)
                if not callbacks:
                    del self._watchers[session_id]

        return unwatch

    # -- inside, with the lock held ------------------------------------------------------------

    def _gap(self, ring: Ring | None, live_position: int) -> LiveReplayGapReason | None:
        """The gap rule; `ring` is trimmed."""
        incarnation, n = split_position(live_position)
        if incarnation != self.incarnation:
            return LiveReplayGapReason.UNAVAILABLE
        if ring is None:
            return None if n == self._floor else LiveReplayGapReason.UNAVAILABLE
        if n < ring.start or n > ring.tail:
            return LiveReplayGapReason.UNAVAILABLE
        if n + 1 < ring.first:
            return LiveReplayGapReason.TRIMMED
        return None

    def _trimmed(self, session_id: str) -> Ring | None:
        ring = self._rings.get(session_id)
        if ring is not None:
            self.total_bytes -= ring.drop_older(self._clock(), self.config.max_age)
        return ring

    def _encode(self, event: SessionObservationEvent) -> bytes:
        try:
            frame = self.codec.encode(event)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise StoreError(f"the event can't be encoded: {error}") from None
        if len(frame) > self._max_event:
            raise StoreError(f"the event has {len(frame)} bytes; {self._max_event} are allowed")
        return frame

    def _check_birth(self, session_id: str) -> None:
        check_session_id(session_id)
        if len(self._rings) >= self.config.max_sessions:
            raise StoreError(f"there are {len(self._rings)} sessions; no more are allowed")

    def _bear(self, session_id: str) -> Ring:
        ring = self._unborn.pop(session_id, None)
        if ring is None:
            ring = Ring()
        ring.bear(self._floor)
        self._rings[session_id] = ring
        return ring

    def _callbacks(self, session_id: str) -> tuple[Callable[[], None], ...]:
        callbacks = self._watchers.get(session_id)
        return tuple(callbacks.values()) if callbacks else ()

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for ring in self._rings.values():
            self.total_bytes -= ring.drop_older(now, self.config.max_age)

    def _fit_total(self, newest: Ring, newest_bytes: int) -> None:
        # A thousandth more than needed: finding the largest ring costs a look at each, and a full
        # store would do so at every append.
        slack = self.config.max_total_bytes // 1024
        over = self.total_bytes - self.config.max_total_bytes
        self._drop_largest(over + slack, newest, newest_bytes)

    def _drop_largest(self, needed: int, spared: Ring | None, spared_bytes: int) -> int:
        """Free `needed` bytes, each event from the ring that is the largest at that moment.

        The newest `spared_bytes`, one event, of the ring `spared` stay.
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


def _revision(revision: SessionRevision | int) -> SessionRevision:
    return SessionRevision(revision) if isinstance(revision, int) else revision
