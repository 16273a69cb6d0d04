"""Records become a view, its changes and the reader's place."""

from __future__ import annotations

from lashd.events import SessionQueueEventKind as Kind
from lashd.testing.laws import ManualClock
from lashtui.feed.departures import KEPT_FOR
from lashtui.feed.state import FeedState
from tests.tui.feed.attached import attached, texts
from tests.tui.records import SESSION, RecordFactory


def test_records_say_what_the_connection_is() -> None:
    """Attached, synced, lost, back again, ended: each record has its word."""
    records = RecordFactory()
    state = FeedState(SESSION, ManualClock())
    texts = []
    for record in (
        records.attached(),
        records.observation(),
        records.synced(),
        {"type": "disconnected", "cursor": None, "reason": "gone", "retry_in": 2.5},
        {"type": "reconnected", "cursor": None, "served": "replay"},
        records.synced(),
        {"type": "end", "cursor": None, "reason": "stopped"},
    ):
        state.receive([record])
        texts.append(state.connection.text())

    assert texts == [
        "catching up",
        "catching up",
        "connected",
        "reconnecting in 3 s",
        "catching up",
        "connected",
        "disconnected: the daemon was stopped",
    ]


def test_snapshot_then_events_make_the_view() -> None:
    """The first update replaces everything, the next ones carry what changed."""
    records = RecordFactory()
    records.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.receive([records.attached(), records.observation(), records.synced()])
    first = state.take_update()
    state.receive([records.says(" more", "a"), records.says("two", "b")])
    second = state.take_update()

    assert first is not None
    assert first.view is state.view
    assert second is not None
    assert second.view is None
    assert second.changes is not None
    assert list(second.changes.changed) == ["a", "b"]
    assert texts(state) == ["one more", "two"]
    assert state.cursor == records.cursor
    assert state.take_update() is None


def test_events_before_the_first_take_come_with_the_snapshot() -> None:
    """Events that arrive with the snapshot are in the first update already, and not sent again."""
    records = RecordFactory()
    records.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.receive([records.attached(), records.observation(), records.says("two", "b")])
    first = state.take_update()

    assert first is not None
    assert first.view is not None
    assert [entry.text for entry in first.view.entries] == ["one", "two"]
    assert state.take_update() is None


def test_what_leaves_the_queue_live_is_shown_for_a_while() -> None:
    """Delivered and cancelled by name, for a few seconds; a backlog shows none."""
    clock, records = ManualClock(), RecordFactory()
    added = records.host.record_queue_changed(Kind.ENQUEUED, ["a", "b"], {"a": {"text": "first"}})
    state = attached(records, clock)
    state.receive([{"type": "disconnected", "cursor": None, "reason": "x", "retry_in": 1.0}])
    state.receive([{"type": "reconnected", "served": "replay"}])
    state.receive([records.event(records.host.record_queue_changed(Kind.DELIVERED, ["a"]))])
    assert added
    assert state.departures == []
    state.connection.caught_up()
    state.receive(
        [records.event(records.host.record_queue_changed(Kind.CANCELLED, ["b", "unknown"]))]
    )

    assert [(left.text, left.how) for left in state.departures] == [("b", "cancelled")]
    assert state.ticks
    clock.advance(KEPT_FOR)
    assert state.departures == []
    assert not state.ticks


def test_unknown_records_are_counted_and_harmless() -> None:
    """A newer daemon's records change nothing."""
    records = RecordFactory()
    state = attached(records)
    state.receive([{"type": "novelty", "cursor": "lashsc1:0:99:build"}, {"no": "type"}])

    assert state.skipped_records == 2
    assert state.connection.is_live


def test_more_words_change_nothing_beside_the_transcript() -> None:
    """A new entry does, and so does a connection that falls silent, of which no record speaks."""
    records = RecordFactory()
    state = attached(records)
    state.receive([records.says("one", "a")])
    before = state.beside
    state.receive([records.says(" two", "a"), records.says(" three", "a")])
    assert state.beside == before
    state.connection.answered(silent_since=1.0)
    silent = state.beside
    assert silent != before
    state.connection.answered()
    assert state.beside == before
    state.connection.lost("gone", 2.0)
    assert state.beside not in (before, silent)
    state.connection.synced()
    state.receive([records.says("four", "b")])
    assert state.beside != before
