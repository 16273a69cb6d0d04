"""The replay store: what can be resumed from where, for how long, and what is a gap.

Each session has a ring of encoded events; the rules about them are in `lashd.session.retention`.
This is their surface: cursors and events in and out, listeners called; everything synchronous,
quick and, under one lock, safe from any thread.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from lashd.clock import default_clock
from lashd.cursor import (
    SessionCursor,
    SessionRevision,
    join_position,
)
from lashd.errors import StoreError, SubscriberLagged, SubscriptionClosed
from lashd.exact import MAX_EXACT
from lashd.limits import StoreLimits
from lashd.session.arrivals import TurnArrival, encode_turns
from lashd.session.codec import PLAIN_CODEC, EventCodec
from lashd.session.events import Committed, Payload, SessionObservationEvent
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
    from collections.abc import Callable, Sequence

__all__ = [
    "PLAIN_CODEC",
    "EventCodec",
    "InMemoryLiveReplayStore",
    "InMemoryLiveReplayStoreConfig",
    "LiveReplayStore",
]

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
        self._listeners = Listeners()
        self._swept_at = self._clock()
        self._last_revision = SessionRevision(0)

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
        revision = self._revision(revision)
        if type(payload) is Committed and payload.read_view is not None:
            payload = Committed(outcome=payload.outcome)
        if at is not None and not 0 <= at <= MAX_AT:
            at = None
        with self.lock:
            position = join_position(self.incarnation, self._rings.next_position(session_id))
            cursor = SessionCursor.of_parts(session_id, revision.n, position)
            event = SessionObservationEvent(session_id, revision, cursor, payload, at)
            frame = self._encode(event)
            now = self._clock()
            self._rings.append(self._rings.created(session_id), frame, revision.n, now, at)
            if now - self._swept_at >= self.config.max_age / 4:
                self.sweep()
            callbacks = self._listeners.of(session_id)
        for callback in callbacks:
            callback()
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
            self._check_size(max(map(len, frames)))
            now = self._clock()
            ring = self._rings.created(session_id)
            size = self._rings.extend(ring, frames, revision, now, ats)
            if now - self._swept_at >= self.config.max_age / 4:
                self.sweep()
            callbacks = self._listeners.of(session_id)
        for callback in callbacks:
            callback()
        return first, size

    def replay_after_cursor(self, cursor: SessionCursor) -> LiveReplayResult:
        """Every event after the cursor, in order, or why that can't be had. Creates nothing.

        Raises:
            MalformedCursor: it is no cursor.
        """
        parsed = cursor.parse()
        with self.lock:
            ring = self._rings.trimmed(parsed.session_id, self._clock())
            reason = self._rings.gap(ring, parsed.live_position)
            if reason is not None:
                return Gap(reason)
            frames = [] if ring is None else ring.frames_after(parsed.n, ring.tail)
        decode = self.codec.decode
        return Replayed([decode(frame) for frame in frames])

    def subscribe_after_cursor(self, cursor: SessionCursor) -> LiveReplaySubscribeResult:
        """As replay, then on with whatever comes; one atomic step.

        At the start of a session that doesn't exist the subscription waits for it, wherever it
        will begin; nothing else is created.

        Raises:
            MalformedCursor: it is no cursor.
        """
        parsed = cursor.parse()
        session_id = parsed.session_id
        with self.lock:
            ring = self._rings.trimmed(session_id, self._clock())
            reason = self._rings.gap(ring, parsed.live_position)
            if reason is not None:
                return Gap(reason)
            if ring is None:
                ring = self._rings.expected(session_id)
            return Subscribed(RingSubscription(self, session_id, ring, parsed.n))

    def current_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """The cursor of a reader that knows the session as of `revision`.

        Before the first event newer than that, retained or not; at the tail if there is none; at
        the start of a session that isn't there.

        Raises:
            ValueError: the session id or the revision is out of its bounds.
        """
        revision = self._revision(revision)
        with self.lock:
            ring = self._rings.get(session_id)
            newer = None if ring is None else ring.marks.first_newer(revision.n)
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
                first_at=ring.at(ring.first) if ring.count else None,
                last_at=ring.last_at,
            )

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
            if last - after == 1:
                return FrameSlice([ring.frame(last)], last)
            frames = ring.frames_after(after, last)
            if ring.bytes > max_bytes:
                ends = list(accumulate(map(len, frames)))
                del frames[max(1, bisect_right(ends, max_bytes)) :]
            return FrameSlice(frames, after + len(frames))

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
        revision = self._revision(revision)
        with self.lock:
            if self._rings.get(session_id) is not None:
                raise StoreError(f"session {session_id} exists already")
            self._rings.next_position(session_id)
            self._rings.created(session_id).skip(revision.n)
            callbacks = self._listeners.of(session_id)
            cursor = self.tail_cursor(session_id, revision)
        for callback in callbacks:
            callback()
        return cursor

    def drop_history(self, session_id: str) -> None:
        """Drop all retained events of a session; its positions stay."""
        with self.lock:
            if (ring := self._rings.get(session_id)) is None:
                return
            self._rings.drop_all(ring)
            callbacks = self._listeners.of(session_id)
        for callback in callbacks:
            callback()

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
        for callback in callbacks:
            callback()
        return True

    def sweep(self) -> None:
        """Drop what is too old in every session. For a timer: appends do it now and then."""
        with self.lock:
            self._swept_at = self._clock()
            self._rings.sweep(self._swept_at)

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

    def _revision(self, revision: SessionRevision | int) -> SessionRevision:
        # The last one is kept: a turn's events share it, and making one costs a tenth of an append.
        if not isinstance(revision, int):
            return revision
        last = self._last_revision
        if last.n != revision:
            last = self._last_revision = SessionRevision(revision)
        return last

    def _encode(self, event: SessionObservationEvent) -> bytes:
        try:
            frame = self.codec.encode(event)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise StoreError(f"the event can't be encoded: {error}") from None
        self._check_size(len(frame))
        return frame

    def _check_size(self, size: int) -> None:
        allowed = self._rings.max_event_bytes
        if size > allowed:
            raise StoreError(f"the event has {size} bytes; {allowed} are allowed")
