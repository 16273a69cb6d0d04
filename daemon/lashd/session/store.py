"""The replay store: what can be resumed from where, for how long, and what is a gap.

Each session has a ring of encoded events; the rules about them are in `lashd.session.retention`.
This is their surface: cursors and events in and out, listeners called; everything synchronous,
quick and, under one lock, safe from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from lashd.clock import default_clock
from lashd.cursor import (
    MAX_N,
    SessionCursor,
    SessionRevision,
    join_position,
)
from lashd.errors import StoreError, SubscriberLagged, SubscriptionClosed
from lashd.exact import MAX_EXACT
from lashd.limits import StoreLimits
from lashd.session.arrivals import TurnArrival, encode_turns
from lashd.session.codec import PLAIN_CODEC, EventCodec
from lashd.session.event_size import encode_into, envelope_size, time_size
from lashd.session.events import (
    Committed,
    Payload,
    SessionObservationEvent,
    TurnActivity,
    placed_event,
)
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.listeners import Listeners
from lashd.session.results import (
    FrameSlice,
    Gap,
    LiveReplayResult,
    LiveReplaySubscribeResult,
    Replayed,
    SessionBounds,
    Subscribed,
)
from lashd.session.retention import RingSet
from lashd.session.ring_subscription import RingSubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lashd.session.ring import Kept

__all__ = [
    "PLAIN_CODEC",
    "EventCodec",
    "InMemoryLiveReplayStore",
    "InMemoryLiveReplayStoreConfig",
    "LiveReplayStore",
]

SWEEPS = 4
"""For each `max_age`: an event of a session that is not looked at may stay a quarter longer."""

MAX_AT = MAX_EXACT
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
        self.config = config or InMemoryLiveReplayStoreConfig()
        self.incarnation = incarnation
        self.codec = codec
        self.lock = RLock()
        """Held for each operation; a caller may hold it over several that belong together."""
        self._clock = clock or default_clock
        self._rings = RingSet(self.config, incarnation)
        self._max_total_bytes = self.config.max_total_bytes
        self._kept_as_they_are = codec.kept_as_they_are
        self._listeners = Listeners()
        self._listening = self._listeners.by_session
        self._sweep_at = self._clock() + self.config.max_age / SWEEPS
        self._given_revision: SessionRevision | int = 0
        """The last one that was given, and what it is: a turn's events share it."""
        self._revision = (SessionRevision(0), 0)
        self._buffer = bytearray()
        """Where a payload is encoded to see its size; no larger than the last one."""

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

    @property
    def total_bytes(self) -> int:
        """Encoded bytes of all retained events; the objects around them are not counted."""
        return self._rings.total_bytes

    # -- the operations of a store -------------------------------------------------------------

    def append(
        self,
        session_id: str,
        revision: SessionRevision | int,
        payload: Payload,
        *,
        at: int | None = None,
    ) -> SessionObservationEvent:
        """Give the event its position, retain it, and call the session's listeners.

        `at` is for display: Unix milliseconds. A commit's read view is neither retained nor
        returned.

        Raises:
            StoreError: too large, not encodable, or a session too many; nothing has changed.
            ValueError: the session id is out of its bounds.
        """
        given: Any = payload
        kind = type(given.event) if type(given) is TurnActivity else None
        at = at if at is None or 0 <= at <= MAX_AT else None
        rings, lock = self._rings, self.lock
        lock.acquire()  # `with` takes twice as long
        try:
            same = revision is self._given_revision
            revision, number = self._revision if same else self._note_revision(revision)
            ring = rings.get(session_id)
            n = rings.floor + 1 if ring is None else ring.tail + 1
            if ring is None or n > MAX_N:
                ring = rings.expecting(session_id)
            position = rings.position_0 | n
            try:
                if kind not in self._kept_as_they_are:
                    event = placed_event(session_id, revision, position, _retained(given), at)
                    frame = self.codec.encode(event)
                    kept: Kept = frame
                    size = len(frame)
                    ring.last_encoded = n
                else:
                    if given.correlation_id is not ring.last_key:
                        given = ring.sharing_key(given)
                    kept = event = placed_event(session_id, revision, position, given, at)
                    around, same_revision, same_until = ring.envelope
                    if number != same_revision or position >= same_until:
                        around, *_ = ring.envelope = envelope_size(session_id, number, position)
                    encode_into(given, self._buffer)
                    size = len(self._buffer) + around
                    if at is not None:
                        size += time_size(at)
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                raise StoreError(f"the event can't be encoded: {error}") from None
            if size > rings.max_event_bytes:
                raise self._too_large(size)
            if not ring.is_created:
                rings.created(session_id)
            now = self._clock()
            rings.total_bytes = total = rings.total_bytes + size
            if ring.append(kept, size, number, now, at) or total > self._max_total_bytes:
                rings.keep_bounds(ring, size, now)
            if now >= self._sweep_at:
                self.sweep()
            callbacks = self._listeners.of(session_id) if self._listening else None
        finally:
            lock.release()
        if callbacks:
            _call(callbacks)
        return event

    def append_turns(
        self, session_id: str, revision: int, turns: Sequence[TurnArrival], ats: list[int]
    ) -> tuple[int, int]:
        """As `append` of each, in one step: all of them or none; n of the first, and their bytes.

        For the events of one publisher, which have been checked and have all their ids. `ats` are
        their times. Listeners are called once.

        Raises:
            StoreError: one is too large, or a session or an event too many; nothing has changed.
            ValueError: the session id is out of its bounds.
        """
        with self.lock:
            first = self._rings.next_position(session_id, len(turns))
            position = join_position(self.incarnation, first)
            frames = encode_turns(turns, session_id, revision, position, self.codec.head)
            if (largest := max(map(len, frames))) > self._rings.max_event_bytes:
                raise self._too_large(largest)
            now = self._clock()
            ring = self._rings.created(session_id)
            size = self._rings.extend(ring, frames, revision, now, ats[-1])
            if now >= self._sweep_at:
                self.sweep()
            callbacks = self._listeners.of(session_id)
        _call(callbacks)
        return first, size

    def replay_after_cursor(self, cursor: SessionCursor) -> LiveReplayResult:
        """Every event after the cursor, in order, or why that can't be had. Creates nothing.

        Raises:
            MalformedCursor: it is no cursor.
        """
        session_id, position = cursor.place()
        n = position & MAX_N
        lock, rings = self.lock, self._rings
        lock.acquire()  # as in `append`
        try:
            ring = rings.trimmed(session_id, self._clock())
            reason = rings.gap(ring, position)
            if reason is not None:
                return Gap(reason)
            if ring is None:
                return Replayed([])
            kept: list[Any] = ring.kept_after(n, ring.tail)
            is_encoded = ring.last_encoded > n
        finally:
            lock.release()
        return Replayed(self.codec.events_of(kept) if is_encoded else kept)

    def subscribe_after_cursor(self, cursor: SessionCursor) -> LiveReplaySubscribeResult:
        """As replay, then on with whatever comes; one atomic step.

        At the start of a session that doesn't exist the subscription waits for it, wherever it
        will begin; nothing else is created.

        Raises:
            MalformedCursor: it is no cursor.
        """
        session_id, position = cursor.place()
        with self.lock:
            ring = self._rings.trimmed(session_id, self._clock())
            reason = self._rings.gap(ring, position)
            if reason is not None:
                return Gap(reason)
            if ring is None:
                ring = self._rings.expected(session_id)
            return Subscribed(RingSubscription(self, session_id, ring, position & MAX_N))

    def current_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor of a reader that knows the session as of `revision`.

        Before the first event newer than that, retained or not; at the tail if there is none; at
        the start of a session that isn't there.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        number = revision if isinstance(revision, int) else revision.n
        with self.lock:
            ring = self._rings.get(session_id)
            newer = None if ring is None else ring.marks.first_newer(number)
            n = self.tail(session_id) if newer is None else newer - 1
        return SessionCursor.new(session_id, revision, join_position(self.incarnation, n))

    def trim_session(self, session_id: str) -> None:
        """Apply the bounds to one session now."""
        with self.lock:
            self._rings.trimmed(session_id, self._clock())

    # -- for the host and the hub --------------------------------------------------------------

    def tail_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor at the tail, whatever the revision: where a snapshot taken now stands.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        n = self.tail(session_id)
        return SessionCursor.new(session_id, revision, join_position(self.incarnation, n))

    def tail(self, session_id: str) -> int:
        """n of the session's newest event; where it would start if it doesn't exist."""
        with self.lock:
            ring = self._rings.get(session_id)
            return self._rings.floor if ring is None else ring.tail

    def gap_reason(self, session_id: str, live_position: int) -> LiveReplayGapReason | None:
        """Why a position can't be resumed; None where it can."""
        with self.lock:
            return self._rings.gap(self._rings.trimmed(session_id, self._clock()), live_position)

    def bounds(self, session_id: str) -> SessionBounds | None:
        """Where the session's history begins and ends; None where there is no such session."""
        with self.lock:
            ring = self._rings.trimmed(session_id, self._clock())
            if ring is None:
                return None
            return SessionBounds(
                start=ring.start,
                first=ring.first,
                tail=ring.tail,
                events=ring.count,
                bytes=ring.bytes,
                oldest_age=ring.oldest_age(self._clock()),
                last_at=ring.last_at,
            )

    def age_after(self, session_id: str, after: int) -> float | None:
        """Seconds since the first retained event after n `after` came; None: there is none."""
        with self.lock:
            now = self._clock()
            ring = self._rings.trimmed(session_id, now)
            return None if ring is None else ring.age_after(after, now)

    def read_frames(
        self, session_id: str, after: int, max_bytes: int, up_to: int | None = None
    ) -> FrameSlice:
        """Encoded events after n `after`, at most `max_bytes` of them but at least one.

        `up_to` is the last n wanted.

        Raises:
            SubscriberLagged: `count` events after `after` are gone; continue from `after + count`.
            SubscriptionClosed: no such session, or one created after that position.
        """
        with self.lock:
            ring = self._rings.trimmed(session_id, self._clock())
            if ring is None or after < ring.start:
                raise SubscriptionClosed
            last = ring.tail if up_to is None else min(up_to, ring.tail)
            if after >= last:
                return FrameSlice([], after)
            if lost := ring.lost_after(after):
                raise SubscriberLagged(lost)
            if last - after > 1:
                last = min(last, max(after + 1, ring.fitting_after(after, max_bytes)))
            kept = ring.kept_after(after, last)
        return FrameSlice(self.codec.frames_of(kept), last)

    def create_restored(
        self, session_id: str, revision: SessionRevision | int = 0
    ) -> SessionCursor:
        """Create the session without an event, for a view that comes from elsewhere.

        The view stands at the returned cursor, one past the session's start: a reader that waited
        at the start has missed what the view holds, and gets a gap or a lag of 1.

        Raises:
            StoreError: the session exists, or is one too many.
            ValueError: the session id or the revision is out of its bounds.
        """
        number = revision if isinstance(revision, int) else revision.n
        with self.lock:
            if self._rings.get(session_id) is not None:
                raise StoreError(f"session {session_id} exists already")
            self._rings.next_position(session_id)
            self._rings.created(session_id).skip(number)
            callbacks = self._listeners.of(session_id)
            cursor = self.tail_cursor(session_id, revision)
        _call(callbacks)
        return cursor

    def create_at(self, session_id: str, start: int) -> None:
        """Create a session of another daemon: its first event will be n `start` + 1.

        Raises:
            StoreError: the session exists, or is one too many.
            ValueError: the session id is out of its bounds.
        """
        with self.lock:
            if self._rings.get(session_id) is not None:
                raise StoreError(f"session {session_id} exists already")
            self._rings.next_position(session_id)
            self._rings.created(session_id, start)

    def append_numbered(self, events: Sequence[tuple[SessionObservationEvent, bytes]]) -> None:
        """Events that another daemon has numbered, each with its frame; all of one session that
        exists, from its tail + 1 on."""
        if not events:
            return
        session_id = events[0][0].session_id
        with self.lock:
            ring = self._rings.created(session_id)
            now = self._clock()
            for event, frame in events:
                if event.n != ring.tail + 1:
                    raise StoreError(f"event {event.n} does not follow {ring.tail}")
                self._rings.total_bytes += len(frame)
                ring.append(frame, len(frame), event.revision.n, now, event.at)
                ring.last_encoded = event.n
            self._rings.keep_bounds(ring, len(frame), now)
            if now >= self._sweep_at:
                self.sweep()
            callbacks = self._listeners.of(session_id)
        _call(callbacks)

    def skip_to(self, session_id: str, n: int, revision: int) -> None:
        """The events up to n will not come: drop what there is, and go on after it."""
        with self.lock:
            ring = self._rings.get(session_id)
            if ring is None or n <= ring.tail:
                return
            self._rings.drop_all(ring)
            ring.skip(revision, n)
            callbacks = self._listeners.of(session_id)
        _call(callbacks)

    def drop_history(self, session_id: str) -> None:
        """Drop all retained events of a session; its positions stay."""
        with self.lock:
            if (ring := self._rings.get(session_id)) is None:
                return
            self._rings.drop_all(ring)
            callbacks = self._listeners.of(session_id)
        _call(callbacks)

    def drop_oldest(self, bytes_needed: int) -> int:
        """Drop oldest events of whichever ring is the largest; the bytes that this freed."""
        with self.lock:
            return self._rings.drop_largest(bytes_needed)

    def forget(self, session_id: str) -> bool:
        """Forget a session and close its subscriptions; whether it was there.

        None of its positions is ever used again.
        """
        with self.lock:
            if not self._rings.forget(session_id):
                return False
            callbacks = self._listeners.of(session_id)
        _call(callbacks)
        return True

    def sweep(self) -> None:
        """Drop what is too old in every session. For a timer: appends do it now and then."""
        with self.lock:
            now = self._clock()
            self._sweep_at = now + self.config.max_age / SWEEPS
            self._rings.sweep(now)

    def on_change(self, session_id: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after each append to the session, its creation and its end.

        The session need not exist yet. Callbacks run in the thread that made the change, without
        the store's lock unless that thread holds it already: they must be quick, not block and
        not raise, and had better only schedule. Returns the call that ends it, once or more.
        """
        with self.lock:
            key = self._listeners.add(session_id, callback)

        def unwatch() -> None:
            with self.lock:
                self._listeners.remove(session_id, key)

        return unwatch

    def _note_revision(self, given: SessionRevision | int) -> tuple[SessionRevision, int]:
        revision = SessionRevision(given) if isinstance(given, int) else given
        self._revision, self._given_revision = (revision, revision.n), given
        return self._revision

    def _too_large(self, size: int) -> StoreError:
        allowed = self._rings.max_event_bytes
        return StoreError(f"the event has {size} bytes; {allowed} are allowed")


def _retained(payload: Payload) -> Payload:
    """Without a commit's read view."""
    if isinstance(payload, Committed) and payload.read_view is not None:
        return Committed(outcome=payload.outcome)
    return payload


def _call(callbacks: Iterable[Callable[[], None]]) -> None:
    for callback in callbacks:
        callback()
