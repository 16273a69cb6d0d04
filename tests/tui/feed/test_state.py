"""What the app concludes from the daemon's records."""

from __future__ import annotations

import pytest

from lashd.events import SessionQueueEventKind as Kind
from lashd.testing.laws import ManualClock
from lashtui.feed.departures import KEPT_FOR
from lashtui.feed.state import FeedState, GapFacts, Link, Mark, plural
from lashtui.text.format import time_span
from tests.tui.records import SESSION, Scribe


def attached(scribe: Scribe, clock: ManualClock | None = None) -> FeedState:
    """A state that is live on the scribe's session."""
    state = FeedState(SESSION, clock or ManualClock())
    state.receive([scribe.attached(), scribe.observation(), scribe.synced()])
    state.take_update()
    return state


def texts(state: FeedState) -> list[str | None]:
    """The text of each row."""
    assert state.view is not None
    return [entry.text for entry in state.view.entries]


def test_connection_is_called_what_it_is() -> None:
    """Connecting until attached, catching up until synced, then live."""
    scribe = Scribe()
    scribe.says("hello", "a")
    state = FeedState(SESSION, ManualClock())
    seen = [state.link_text()]
    for record in (scribe.attached(), scribe.observation(), scribe.synced()):
        state.receive([record])
        seen.append(state.link_text())

    assert seen == ["connecting", "catching up", "catching up", "live"]


def test_snapshot_then_events_make_the_view() -> None:
    """The first update replaces everything, the next ones carry what changed."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.receive([scribe.attached(), scribe.observation(), scribe.synced()])
    first = state.take_update()
    state.receive([scribe.says(" more", "a"), scribe.says("two", "b")])
    second = state.take_update()

    assert first is not None
    assert first.view is state.view
    assert second is not None
    assert second.view is None
    assert second.changes is not None
    assert list(second.changes.changed) == ["a", "b"]
    assert texts(state) == ["one more", "two"]
    assert state.cursor == scribe.cursor
    assert state.take_update() is None


def test_events_before_the_first_take_come_with_the_snapshot() -> None:
    """Events that arrive with the snapshot are in the first update already, and not sent again."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.receive([scribe.attached(), scribe.observation(), scribe.says("two", "b")])
    first = state.take_update()

    assert first is not None
    assert first.view is not None
    assert [entry.text for entry in first.view.entries] == ["one", "two"]
    assert state.take_update() is None


def test_countdown_runs_by_the_clock() -> None:
    """While the connection is lost the seconds to the next try are counted down, never below 0."""
    clock = ManualClock()
    state = attached(Scribe(), clock)
    state.receive([{"type": "disconnected", "cursor": None, "reason": "gone", "retry_in": 2.5}])
    said = []
    for seconds in (0.0, 1.0, 1.0, 5.0):
        clock.now += seconds
        said.append(state.link_text())

    assert state.ticks
    assert said == [
        "reconnecting in 3 s",
        "reconnecting in 2 s",
        "reconnecting in 1 s",
        "reconnecting",
    ]
    state.receive([{"type": "reconnected", "cursor": None, "served": "replay"}])
    assert state.link_text() == "catching up"
    assert state.caught_up()
    assert not state.caught_up()
    assert state.link_text() == "live"
    assert not state.ticks


def test_what_leaves_the_queue_live_is_traced_for_a_while() -> None:
    """Delivered and cancelled by name; a backlog leaves no trace; time takes them away."""
    clock, scribe = ManualClock(), Scribe()
    added = scribe.host.record_queue_changed(Kind.ENQUEUED, ["a", "b"], {"a": {"text": "first"}})
    state = attached(scribe, clock)
    state.receive([{"type": "disconnected", "cursor": None, "reason": "x", "retry_in": 1.0}])
    state.receive([{"type": "reconnected", "served": "replay"}])
    state.receive([scribe.event(scribe.host.record_queue_changed(Kind.DELIVERED, ["a"]))])
    assert added
    assert state.traces == []
    state.caught_up()
    state.receive(
        [scribe.event(scribe.host.record_queue_changed(Kind.CANCELLED, ["b", "unknown"]))]
    )

    assert [(trace.text, trace.how) for trace in state.traces] == [("b", "cancelled")]
    assert state.ticks
    clock.now += KEPT_FOR
    assert state.traces == []
    assert not state.ticks


def test_graceful_stop_stays_said_while_it_is_tried_again() -> None:
    """A daemon that was stopped is called stopped, not lost, whatever the attempts bring."""
    clock = ManualClock()
    state = attached(Scribe(), clock)
    state.receive([{"type": "end", "cursor": None, "reason": "stopped"}])
    state.lost("connection refused", 4.0)

    assert state.link is Link.DISCONNECTED
    assert state.link_text() == "disconnected: the daemon was stopped · next try in 4 s"


def test_reconnect_without_a_gap_leaves_no_trace() -> None:
    """What was missed is folded in: no banner, no divider, the view goes on."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = attached(scribe)
    state.receive([{"type": "disconnected", "cursor": None, "reason": "x", "retry_in": 1.0}])
    state.receive([{"type": "reconnected", "served": "replay"}, scribe.says("two", "b")])
    update = state.take_update()

    assert texts(state) == ["one", "two"]
    assert update is not None
    assert update.view is None
    assert state.gap is None
    assert state.marks == []


def test_gap_while_running_gives_banner_and_divider_at_its_place() -> None:
    """The divider stands behind what the reader had; the view is the snapshot's."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = attached(scribe)
    before = scribe.cursor
    scribe.says("two", "b")
    state.receive([scribe.gap(before, lost=1310), scribe.observation()])
    update = state.take_update()

    assert state.gap is not None
    assert state.gap.sentence == (
        "history trimmed: 1,310 events can't be replayed; transcript complete"
    )
    assert update is not None
    assert update.view is not None
    assert [(mark.kind, mark.position) for mark in update.marks] == [("gap", 1)]
    assert texts(state) == ["one", "two"]
    assert state.cursor == scribe.cursor


def test_restarted_daemon_is_named_and_dividers_move_with_their_rows() -> None:
    """In a restored view positions differ; a divider stays behind the row that it stood behind."""
    scribe = Scribe(incarnation=7)
    for row in "abc":
        scribe.says(row, row)
    state = attached(scribe)
    other = Scribe(incarnation=8)
    for row in ("x", "y", "a", "b", "c", "d"):
        other.says(row, row)
    state.receive([other.gap(scribe.cursor, "unavailable", None), other.observation()])

    assert state.gap is not None
    assert state.gap.sentence == "history unavailable: the daemon was restarted"
    assert [(mark.position, mark.anchor) for mark in state.marks] == [(5, "c")]


def test_divider_whose_place_is_gone_goes() -> None:
    """A view that no longer holds the row before a divider doesn't get it somewhere else; the
    divider of the gap that brought it stands above all of it."""
    scribe = Scribe(incarnation=7)
    scribe.says("one", "a")
    state = attached(scribe)
    state.marks = [Mark("new", "new since you left", 1, "a")]
    other = Scribe(incarnation=8)
    other.says("new", "z")
    state.receive([other.gap(scribe.cursor, "unavailable", None), other.observation()])

    assert state.marks == [Mark("gap", "gap: the daemon was restarted", 0)]
    assert state.gap is not None


def test_two_gaps_are_told_as_one_until_the_reader_has_read_it() -> None:
    """The banner's number and time are of both; each has its own divider."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = attached(scribe)
    for lost, at in ((992, 5_000), (2, 60_000)):
        scribe.says("more", f"m{lost}")
        gap = {**scribe.gap(scribe.cursor, "trimmed", lost), "from_at": at, "to_at": at + 1000}
        state.receive([gap, scribe.observation()])

    assert state.gap is not None
    assert (state.gap.lost, state.gap.from_at, state.gap.to_at) == (994, 5_000, 61_000)
    assert [mark.text[:12] for mark in state.marks] == ["gap: 992 eve", "gap: 2 event"]
    state.dismiss_gap()
    scribe.says("more", "last")
    state.receive([scribe.gap(scribe.cursor, "trimmed", 3), scribe.observation()])
    assert state.gap is not None
    assert state.gap.lost == 3


def test_coming_back_marks_what_came_since() -> None:
    """In the app as at a reattach: from where the reader had read to."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = attached(scribe)
    state.mark_read()
    state.take_update()
    for row in "bc":
        state.receive([scribe.says(row, row)])
    state.came_back()
    update = state.take_update()

    assert update is not None
    assert [(mark.text, mark.anchor) for mark in update.marks] == [
        ("new since you left · 2 entries", "a")
    ]
    assert state.read_to != state.cursor


def test_reattach_marks_what_is_new_and_shows_no_break() -> None:
    """The saved cursor's place gets the divider with the count; there is no banner."""
    scribe = Scribe()
    scribe.says("one", "a")
    saved = scribe.cursor
    scribe.says("two", "b")
    scribe.says("three", "c")
    state = FeedState(SESSION, ManualClock())
    state.resume_from(saved, {"resumable": True})
    state.receive([scribe.attached(), scribe.observation()])
    update = state.take_update()

    assert update is not None
    assert [(mark.kind, mark.text, mark.position) for mark in update.marks] == [
        ("new", "new since you left · 2 entries", 1)
    ]
    assert state.gap is None
    assert state.new_since is not None
    assert state.new_since.entries == 2


def test_reattach_at_the_tail_marks_nothing() -> None:
    """Nothing came: no divider."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.resume_from(scribe.cursor, {"resumable": True})
    state.receive([scribe.attached(), scribe.observation()])

    assert state.marks == []
    assert state.gap is None


def test_reattach_counts_what_stands_below_the_divider() -> None:
    """Entries, not events, and no commits; where only what stands above went on, no number."""
    scribe = Scribe()
    scribe.says("one", "a")
    saved = scribe.cursor
    scribe.says(" more", "a")
    state = reattached(scribe, saved)
    assert [mark.text for mark in state.marks] == ["new since you left"]
    for n in range(20):
        scribe.says(f"{n} ", "b")
    scribe.host.commit()
    state = reattached(scribe, saved)
    assert [mark.text for mark in state.marks] == ["new since you left · 1 entry"]


def reattached(scribe: Scribe, saved: str, **report: object) -> FeedState:
    """A state that has come back to `saved`, of which the daemon reports so."""
    state = FeedState(SESSION, ManualClock())
    state.resume_from(saved, {"resumable": not report, **report})
    state.receive([scribe.attached(), scribe.observation()])
    return state


def test_reattach_after_trimming_has_banner_and_dividers() -> None:
    """What can't be replayed is told with its number and time, where the reader left."""
    scribe = Scribe()
    scribe.says("one", "a")
    saved = scribe.cursor
    scribe.says("two", "b")
    span = {"from_at": 1_700_000_000_000, "to_at": 1_700_000_065_000}
    state = reattached(scribe, saved, reason="trimmed", lost=1, **span)

    assert state.gap == GapFacts(
        "trimmed", 1, complete=True, from_at=span["from_at"], to_at=span["to_at"]
    )
    times = time_span(*span.values())
    assert [(mark.kind, mark.text, mark.position, mark.anchor) for mark in state.marks] == [
        ("gap", f"gap: 1 event trimmed · {times}", 1, "a"),
        ("new", "new since you left · 1 entry", 1, "a"),
    ]


def test_reattach_to_a_restarted_daemon_shows_where_it_began() -> None:
    """What its publisher gave back stands above the divider, what certainly came since below.

    Which of the former was read nobody knows: nothing is claimed to be new.
    """
    scribe = Scribe(incarnation=7)
    for row in "abc":
        scribe.says(row, row)
    other = Scribe(incarnation=8, restored=scribe.host.view)
    other.says("d", "d")
    state = reattached(other, scribe.cursor, reason="unavailable")

    assert state.gap == GapFacts("unavailable", None, complete=True, restarted=True)
    assert [(mark.kind, mark.text, mark.anchor) for mark in state.marks] == [
        ("gap", "gap: the daemon was restarted", "c")
    ]
    assert state.new_since is None


def test_reattach_to_a_session_started_anew_has_the_divider_on_top() -> None:
    """Nothing of it was there when the reader left."""
    scribe = Scribe()
    scribe.says("one", "a")
    state = reattached(scribe, f"lashsc1:0:{(7 << 40) + 9}:{SESSION}", reason="unavailable")

    assert [(mark.text, mark.position, mark.anchor) for mark in state.marks] == [
        ("gap: the session was started anew", 0, None)
    ]


def test_reattach_to_a_view_put_in_whole_claims_no_place_in_it() -> None:
    """A publisher whose outbox ran over gives its view: what of that is new can't be told."""
    scribe = Scribe()
    scribe.says("one", "a")
    saved = scribe.cursor
    scribe.says("two", "b")
    scribe.host.replace_view(scribe.host.view.copy())
    scribe.says("three", "c")
    state = reattached(scribe, saved, reason="trimmed", lost=2)

    assert [(mark.kind, mark.anchor) for mark in state.marks] == [("gap", "b")]


def test_damaged_saved_cursor_is_a_first_visit() -> None:
    """A cursor that is none, or another session's, costs the divider and nothing else."""
    scribe = Scribe()
    scribe.says("one", "a")
    for cursor in ("rubbish", "lashsc1:0:1:other"):
        state = FeedState(SESSION, ManualClock())
        state.resume_from(cursor, None)
        state.receive([scribe.attached(), scribe.observation()])
        assert state.marks == []
        assert state.gap is None


def test_unknown_records_are_counted_and_harmless() -> None:
    """A newer daemon's records change nothing."""
    scribe = Scribe()
    state = attached(scribe)
    state.receive([{"type": "news", "cursor": "lashsc1:0:99:build"}, {"no": "type"}])

    assert state.skipped_records == 2
    assert state.link is Link.LIVE


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            GapFacts("trimmed", 1, complete=True),
            "history trimmed: 1 event can't be replayed; transcript complete",
        ),
        (
            GapFacts(
                "trimmed", 2, complete=True, from_at=1_700_000_000_000, to_at=1_700_000_065_000
            ),
            "history trimmed: 2 events can't be replayed; transcript complete · "
            + time_span(1_700_000_000_000, 1_700_000_065_000),
        ),
        (
            GapFacts("trimmed", None, complete=False),
            "history trimmed: events can't be replayed; transcript incomplete",
        ),
        (
            GapFacts("unavailable", None, complete=True, restarted=True),
            "history unavailable: the daemon was restarted",
        ),
        (
            GapFacts("unavailable", None, complete=False, restarted=False),
            "history unavailable: the session was started anew; transcript incomplete",
        ),
    ],
)
def test_gap_sentences(facts: GapFacts, sentence: str) -> None:
    """The banner says what is missing, and whether the transcript is whole all the same."""
    assert facts.sentence == sentence


def test_numbers_are_readable() -> None:
    """Thousands are separated, one is singular."""
    assert [plural(n, "event") for n in (0, 1, 1310)] == ["0 events", "1 event", "1,310 events"]
