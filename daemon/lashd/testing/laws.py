"""The laws of a replay store, as tests: run any `LiveReplayStore` through them.

::

    class TestMyStore(LiveReplayStoreLaws):
        def make_store(self, max_events, max_age, clock, incarnation):
            return MyStore(...)

Runs under pytest; the asynchronous laws need a plugin that runs `async def` tests on asyncio.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from lashd.cursor import SessionCursor, SessionRevision, join_position, split_position
from lashd.errors import MalformedCursor
from lashd.session.events import (
    AssistantProseDelta,
    Committed,
    SessionObservationEvent,
    TurnActivity,
)
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.results import Gap, Replayed, Subscribed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.session.events import Payload
    from lashd.session.results import LiveReplayResult, LiveReplaySubscribeResult
    from lashd.session.store import LiveReplayStore
    from lashd.session.subscription import LiveReplaySubscription

RACES = 64
"""Rounds of the race law: enough that a store which subscribes in two steps fails it."""
RACE_EVENTS = 16
ARRIVAL = 10.0
"""Seconds within which an event that was appended must arrive; a store at work needs none."""


class ManualClock:
    """A clock of seconds that only moves when it is advanced."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def activity(text: str) -> Payload:
    """An event that its text distinguishes from others."""
    return TurnActivity(f"id-{text}", f"c-{text}", AssistantProseDelta(text=text))


def text_of(event: SessionObservationEvent) -> str:
    """The text that `activity` was given."""
    payload = event.payload
    assert isinstance(payload, TurnActivity)
    assert isinstance(payload.event, AssistantProseDelta)
    return payload.event.text


def replayed(result: LiveReplayResult) -> list[SessionObservationEvent]:
    """The events of a replay that must succeed."""
    assert isinstance(result, Replayed), result
    return result.events


def subscribed(result: LiveReplaySubscribeResult) -> LiveReplaySubscription:
    """The subscription of a cursor that must be good."""
    assert isinstance(result, Subscribed), result
    return result.subscription


class LiveReplayStoreLaws(ABC):
    """Inherit, and implement `make_store`."""

    @abstractmethod
    def make_store(
        self, max_events: int, max_age: float, clock: Callable[[], float], incarnation: int
    ) -> LiveReplayStore:
        """A fresh store that keeps `max_events` events for `max_age` seconds of `clock`."""

    def _store(
        self,
        max_events: int = 64,
        max_age: float = 120.0,
        clock: Callable[[], float] | None = None,
        incarnation: int = 0,
    ) -> LiveReplayStore:
        return self.make_store(max_events, max_age, clock or ManualClock(), incarnation)

    # -- replay --------------------------------------------------------------------------------

    def test_replay_is_exclusive_after_the_cursor_and_in_order(self) -> None:
        """From every event's cursor exactly the events after it come, as they were appended."""
        store = self._store()
        start = store.current_cursor("s", SessionRevision(0))
        events = [store.append("s", SessionRevision(0), activity(str(i))) for i in range(10)]
        assert replayed(store.replay_after_cursor(start)) == events
        for index, event in enumerate(events):
            assert replayed(store.replay_after_cursor(event.cursor)) == events[index + 1 :]

    def test_an_empty_replay_is_proven_continuity(self) -> None:
        """At the tail nothing was missed, and what is appended next is all that comes next."""
        store = self._store()
        last = store.append("s", SessionRevision(0), activity("a"))
        assert store.replay_after_cursor(last.cursor) == Replayed([])
        new = store.append("s", SessionRevision(0), activity("b"))
        assert replayed(store.replay_after_cursor(last.cursor)) == [new]

    def test_the_tail_stays_good_after_age_has_emptied_the_buffer(self) -> None:
        """Nothing came after the tail, however long ago that is."""
        clock = ManualClock()
        store = self._store(max_age=1.0, clock=clock)
        last = store.append("s", SessionRevision(0), activity("a"))
        clock.advance(1000.0)
        assert store.replay_after_cursor(last.cursor) == Replayed([])
        assert isinstance(store.subscribe_after_cursor(last.cursor), Subscribed)

    def test_sessions_do_not_mix(self) -> None:
        """A session's replay holds its own events only."""
        store = self._store()
        starts = {name: store.current_cursor(name, SessionRevision(0)) for name in ("a", "a:b")}
        for name in ("a", "a:b", "a"):
            store.append(name, SessionRevision(0), activity(name))
        for name, count in (("a", 2), ("a:b", 1)):
            events = replayed(store.replay_after_cursor(starts[name]))
            assert [event.session_id for event in events] == [name] * count

    def test_reading_creates_no_session(self) -> None:
        """Whatever was asked about it, a session still starts where it would have started."""
        store = self._store()
        start = store.current_cursor("s", SessionRevision(0))
        store.replay_after_cursor(start)
        store.trim_session("s")
        assert store.current_cursor("s", SessionRevision(0)) == start
        event = store.append("s", SessionRevision(0), activity("a"))
        assert replayed(store.replay_after_cursor(start)) == [event]

    # -- gaps and errors -----------------------------------------------------------------------

    def test_malformed_is_an_error_not_a_gap(self) -> None:
        """A text that is no cursor raises, for replay and subscription alike."""
        store = self._store()
        bad = SessionCursor("bad")
        for operation in (store.replay_after_cursor, store.subscribe_after_cursor):
            try:
                operation(bad)
            except MalformedCursor:
                continue
            raise AssertionError(f"{operation} took a malformed cursor")

    def test_capacity_trim_is_a_gap(self) -> None:
        """A cursor before a dropped event is `trimmed`; one at the edge is still good."""
        store = self._store(max_events=2)
        events = [store.append("s", SessionRevision(0), activity(str(i))) for i in range(4)]
        self._assert_gap(store, events[0].cursor, LiveReplayGapReason.TRIMMED)
        assert replayed(store.replay_after_cursor(events[1].cursor)) == events[2:]

    def test_age_trim_is_a_gap(self) -> None:
        """Events strictly older than the bound are gone; one exactly that old is there."""
        clock = ManualClock()
        store = self._store(max_age=2.0, clock=clock)
        start = store.current_cursor("s", SessionRevision(0))
        event = store.append("s", SessionRevision(0), activity("a"))
        clock.advance(2.0)
        assert replayed(store.replay_after_cursor(start)) == [event]
        clock.advance(0.5)
        self._assert_gap(store, start, LiveReplayGapReason.TRIMMED)

    def test_ahead_of_the_tail_is_unavailable(self) -> None:
        """A position that was never given can't be resumed, of a session known or not."""
        store = self._store()
        unknown = SessionCursor.new("s", 0, 99)
        self._assert_gap(store, unknown, LiveReplayGapReason.UNAVAILABLE)
        store.append("s", SessionRevision(0), activity("a"))
        self._assert_gap(store, unknown, LiveReplayGapReason.UNAVAILABLE)

    def test_another_incarnation_is_unavailable(self) -> None:
        """Even where the position's number exists here too, and at the start of a session."""
        before, after = self._store(incarnation=7), self._store(incarnation=8)
        start = before.current_cursor("s", SessionRevision(0))
        old = [before.append("s", SessionRevision(0), activity(str(i))) for i in range(3)]
        cursors = [start, *(event.cursor for event in old)]
        for cursor in cursors:
            self._assert_gap(after, cursor, LiveReplayGapReason.UNAVAILABLE)
        for index in range(3):
            event = after.append("s", SessionRevision(0), activity(str(index)))
            assert split_position(event.live_position) == (8, index + 1)
        for cursor in cursors:
            self._assert_gap(after, cursor, LiveReplayGapReason.UNAVAILABLE)

    def _assert_gap(
        self, store: LiveReplayStore, cursor: SessionCursor, reason: LiveReplayGapReason
    ) -> None:
        assert store.replay_after_cursor(cursor) == Gap(reason)
        assert store.subscribe_after_cursor(cursor) == Gap(reason)

    # -- revisions -----------------------------------------------------------------------------

    def test_newer_revisions_are_not_skipped(self) -> None:
        """A reader that knows the session as of a revision gets every newer event."""
        store = self._store()
        store.append("s", SessionRevision(1), activity("a"))
        commit = store.append("s", SessionRevision(2), Committed())
        after = store.append("s", SessionRevision(2), activity("b"))
        stale = store.current_cursor("s", SessionRevision(1))
        assert replayed(store.replay_after_cursor(stale)) == [commit, after]
        fresh = store.current_cursor("s", SessionRevision(2))
        assert replayed(store.replay_after_cursor(fresh)) == []

    def test_newer_revisions_are_not_skipped_when_they_are_gone(self) -> None:
        """A dropped event newer than the revision makes the cursor `trimmed`, never clean."""
        store = self._store(max_events=1)
        store.append("s", SessionRevision(2), Committed())
        store.append("s", SessionRevision(2), activity("b"))
        stale = store.current_cursor("s", SessionRevision(1))
        self._assert_gap(store, stale, LiveReplayGapReason.TRIMMED)

    # -- subscriptions -------------------------------------------------------------------------

    async def test_a_subscription_yields_the_replay_then_live_events(self) -> None:
        """First what was there, then what comes, nothing twice."""
        store = self._store()
        start = store.current_cursor("s", SessionRevision(0))
        events = [store.append("s", SessionRevision(0), activity(str(i))) for i in range(3)]
        subscription = subscribed(store.subscribe_after_cursor(start))
        events += [store.append("s", SessionRevision(0), activity(str(i))) for i in range(3, 6)]
        assert [await _next(subscription) for _ in events] == events

    async def test_a_subscription_may_come_before_its_session(self) -> None:
        """At the start of a session that doesn't exist yet a subscription waits for it."""
        store = self._store()
        start = store.current_cursor("s", SessionRevision(0))
        subscription = subscribed(store.subscribe_after_cursor(start))
        event = store.append("s", SessionRevision(0), activity("a"))
        assert await _next(subscription) == event

    async def test_a_cancelled_wait_loses_nothing(self) -> None:
        """An event that comes after the wait was given up is the next one taken."""
        store = self._store()
        start = store.current_cursor("s", SessionRevision(0))
        subscription = subscribed(store.subscribe_after_cursor(start))
        try:
            await asyncio.wait_for(subscription.next_event(), 0.001)
        except TimeoutError:
            pass
        events = [store.append("s", SessionRevision(0), activity(str(i))) for i in range(2)]
        assert [await _next(subscription) for _ in events] == events

    async def test_subscribe_and_append_race_exactly_once(self) -> None:
        """Events appended by a thread while another subscribes arrive once each, in order."""
        for round_number in range(RACES):
            store = self._store()
            start = store.current_cursor("s", SessionRevision(0))
            gate = threading.Barrier(2)

            def append(store: LiveReplayStore = store, gate: threading.Barrier = gate) -> None:
                gate.wait()
                for index in range(RACE_EVENTS):
                    store.append("s", SessionRevision(0), activity(str(index)))

            thread = threading.Thread(target=append)
            thread.start()
            gate.wait()
            subscription = subscribed(store.subscribe_after_cursor(start))
            texts = [text_of(await _next(subscription)) for _ in range(RACE_EVENTS)]
            thread.join()
            assert texts == [str(index) for index in range(RACE_EVENTS)], round_number

    # -- positions -----------------------------------------------------------------------------

    def test_positions_count_from_one_and_carry_the_incarnation(self) -> None:
        """`incarnation << 40 | n`: 1, 2, 3, ... where there is none."""
        for incarnation in (0, 5):
            store = self._store(incarnation=incarnation)
            for n in (1, 2, 3):
                event = store.append("s", SessionRevision(4), activity(str(n)))
                assert event.live_position == join_position(incarnation, n)
                assert event.cursor == SessionCursor.new("s", 4, join_position(incarnation, n))


async def _next(subscription: LiveReplaySubscription) -> SessionObservationEvent:
    return await asyncio.wait_for(subscription.next_event(), ARRIVAL)
