"""The nine tests of lash's own store, ported. Where they slept, a clock is advanced."""

from __future__ import annotations

import json

import pytest

from lashd.cursor import SessionCursor, SessionRevision
from lashd.errors import MalformedCursor, WrongSession
from lashd.session.events import AssistantProseDelta, Payload, TurnActivity
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.results import Gap, Replayed, Subscribed
from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.laws import ManualClock


def activity(text: str) -> Payload:
    """An activity that is correlated with nothing."""
    return TurnActivity.independent(AssistantProseDelta(text=text))


def test_session_cursor_round_trips_and_debug_is_opaque() -> None:
    """A cursor is its text, which `repr` hides."""
    cursor = SessionCursor.new("session:with:colon", SessionRevision(3), 9)
    decoded = SessionCursor.from_str(json.loads(json.dumps(cursor.as_str())))
    assert decoded == cursor
    assert repr(cursor) == "SessionCursor(<opaque>)"
    parsed = cursor.parse_for_session("session:with:colon")
    assert parsed.revision == SessionRevision(3)
    assert parsed.live_position == 9


def test_session_cursor_rejects_malformed_and_wrong_session() -> None:
    """The two ways in which a cursor can be wrong for a session."""
    with pytest.raises(MalformedCursor):
        SessionCursor("bad").parse_for_session("s")
    cursor = SessionCursor.new("actual", SessionRevision(0), 0)
    with pytest.raises(WrongSession) as caught:
        cursor.parse_for_session("expected")
    assert caught.value.expected_session_id == "expected"
    assert caught.value.actual_session_id == "actual"


def test_in_memory_replay_store_replays_after_cursor_in_order() -> None:
    """What came after the cursor, in order."""
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    store.append("s", SessionRevision(0), activity("b"))
    result = store.replay_after_cursor(start)
    assert isinstance(result, Replayed)
    assert len(result.events) == 2
    payload = result.events[0].payload
    assert isinstance(payload, TurnActivity)
    assert payload.event == AssistantProseDelta(text="a")


def test_in_memory_replay_store_reports_gap_after_capacity_trim() -> None:
    """A session of one event has lost the first of two."""
    store = InMemoryLiveReplayStore.with_bounds(1, 120.0)
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    store.append("s", SessionRevision(0), activity("b"))
    assert store.replay_after_cursor(start) == Gap(LiveReplayGapReason.TRIMMED)


def test_in_memory_replay_store_reports_gap_after_ttl_trim() -> None:
    """An event older than the bound is lost."""
    clock = ManualClock()
    store = InMemoryLiveReplayStore.with_bounds(16, 0.001, clock=clock)
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    clock.advance(0.005)
    assert store.replay_after_cursor(start) == Gap(LiveReplayGapReason.TRIMMED)


def test_in_memory_replay_store_reports_unavailable_for_cursor_ahead_of_tail() -> None:
    """A position that was never assigned."""
    store = InMemoryLiveReplayStore()
    ahead = SessionCursor.new("s", SessionRevision(0), 99)
    assert store.replay_after_cursor(ahead) == Gap(LiveReplayGapReason.UNAVAILABLE)


async def test_in_memory_replay_subscription_yields_replay_then_live() -> None:
    """A subscription gives what was there, then what comes."""
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    result = store.subscribe_after_cursor(start)
    assert isinstance(result, Subscribed)
    first = await result.subscription.next_event()
    assert first.session_id == "s"
    store.append("s", SessionRevision(0), activity("b"))
    second = await result.subscription.next_event()
    assert isinstance(second.payload, TurnActivity)
    assert second.payload.event == AssistantProseDelta(text="b")


def test_in_memory_replay_subscription_reports_gap_after_capacity_trim() -> None:
    """Subscribing follows the rule of replay: capacity."""
    store = InMemoryLiveReplayStore.with_bounds(1, 120.0)
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    store.append("s", SessionRevision(0), activity("b"))
    assert store.subscribe_after_cursor(start) == Gap(LiveReplayGapReason.TRIMMED)


def test_in_memory_replay_subscription_reports_gap_after_ttl_trim() -> None:
    """Subscribing follows the rule of replay: age."""
    clock = ManualClock()
    store = InMemoryLiveReplayStore.with_bounds(16, 0.001, clock=clock)
    start = store.current_cursor("s", SessionRevision(0))
    store.append("s", SessionRevision(0), activity("a"))
    clock.advance(0.005)
    assert store.subscribe_after_cursor(start) == Gap(LiveReplayGapReason.TRIMMED)
