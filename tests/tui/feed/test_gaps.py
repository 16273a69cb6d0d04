"""What a reader missed: gaps, dividers, what is new."""

from __future__ import annotations

import pytest

from lashd.testing.laws import ManualClock
from lashtui.feed.divider import Divider
from lashtui.feed.gaps import GapFacts
from lashtui.feed.state import FeedState
from lashtui.text.format import time_span
from tests.tui.feed.attached import attached, texts
from tests.tui.records import SESSION, RecordFactory


def test_reconnect_without_a_gap_leaves_no_trace() -> None:
    """What was missed is folded in: no banner, no divider, the same view."""
    records = RecordFactory()
    records.says("one", "a")
    state = attached(records)
    state.receive([{"type": "disconnected", "cursor": None, "reason": "x", "retry_in": 1.0}])
    state.receive([{"type": "reconnected", "served": "replay"}, records.says("two", "b")])
    update = state.take_update()

    assert texts(state) == ["one", "two"]
    assert update is not None
    assert update.view is None
    assert state.missed.gap is None
    assert state.missed.dividers == []


def test_gap_while_running_gives_banner_and_divider_at_its_place() -> None:
    """The divider stands behind what the reader had; the view is the snapshot's."""
    records = RecordFactory()
    records.says("one", "a")
    state = attached(records)
    before = records.cursor
    records.says("two", "b")
    state.receive([records.gap(before, lost=1310), records.observation()])
    update = state.take_update()

    assert state.missed.gap is not None
    assert state.missed.gap.sentence == (
        "history trimmed: 1,310 events can't be replayed; transcript complete"
    )
    assert update is not None
    assert update.view is not None
    assert [(each.kind, each.position) for each in update.dividers] == [("gap", 1)]
    assert texts(state) == ["one", "two"]
    assert state.cursor == records.cursor


def test_restarted_daemon_is_named_and_dividers_move_with_their_rows() -> None:
    """In a restored view positions differ; a divider stays behind the row that it stood behind."""
    records = RecordFactory(incarnation=7)
    for row in "abc":
        records.says(row, row)
    state = attached(records)
    other = RecordFactory(incarnation=8)
    for row in ("x", "y", "a", "b", "c", "d"):
        other.says(row, row)
    state.receive([other.gap(records.cursor, "unavailable", None), other.observation()])

    assert state.missed.gap is not None
    assert state.missed.gap.sentence == "history unavailable: the daemon was restarted"
    assert [(each.position, each.anchor) for each in state.missed.dividers] == [(5, "c")]


def test_divider_whose_place_is_gone_goes() -> None:
    """A view that no longer holds the row before a divider doesn't get it somewhere else; the
    divider of the gap that brought it stands above all of it."""
    records = RecordFactory(incarnation=7)
    records.says("one", "a")
    state = attached(records)
    state.missed.dividers = [Divider("new", "new since you left", 1, "a")]
    other = RecordFactory(incarnation=8)
    other.says("new", "z")
    state.receive([other.gap(records.cursor, "unavailable", None), other.observation()])

    assert state.missed.dividers == [Divider("gap", "gap: the daemon was restarted", 0, muted=True)]
    assert state.missed.gap is not None


def test_two_gaps_are_shown_as_one_until_dismissed() -> None:
    """The banner's number and time are of both; each has its own divider."""
    records = RecordFactory()
    records.says("one", "a")
    state = attached(records)
    for lost, at in ((992, 5_000), (2, 60_000)):
        records.says("more", f"m{lost}")
        gap = {**records.gap(records.cursor, "trimmed", lost), "from_at": at, "to_at": at + 1000}
        state.receive([gap, records.observation()])

    assert state.missed.gap is not None
    assert (state.missed.gap.lost, state.missed.gap.from_at, state.missed.gap.to_at) == (
        994,
        5_000,
        61_000,
    )
    assert [each.text[:12] for each in state.missed.dividers] == ["gap: 992 eve", "gap: 2 event"]
    state.missed.dismiss_gap()
    records.says("more", "last")
    state.receive([records.gap(records.cursor, "trimmed", 3), records.observation()])
    assert state.missed.gap is not None
    assert state.missed.gap.lost == 3


def test_coming_back_marks_what_came_since() -> None:
    """In the app as at a reattach: from where the reader had read to."""
    records = RecordFactory()
    records.says("one", "a")
    state = attached(records)
    state.mark_read()
    state.take_update()
    for row in "bc":
        state.receive([records.says(row, row)])
    state.came_back()
    update = state.take_update()

    assert update is not None
    assert [(each.text, each.anchor) for each in update.dividers] == [
        ("new since you left · 2 entries", "a")
    ]
    assert state.read_to != state.cursor


def test_reattach_marks_what_is_new_and_shows_no_break() -> None:
    """The saved cursor's place gets the divider with the count; there is no banner."""
    records = RecordFactory()
    records.says("one", "a")
    saved = records.cursor
    records.says("two", "b")
    records.says("three", "c")
    state = FeedState(SESSION, ManualClock())
    state.resume_from(saved, {"resumable": True})
    state.receive([records.attached(), records.observation()])
    update = state.take_update()

    assert update is not None
    assert [(each.kind, each.text, each.position) for each in update.dividers] == [
        ("new", "new since you left · 2 entries", 1)
    ]
    assert state.missed.gap is None
    assert state.missed.new_since is not None
    assert state.missed.new_since.entries == 2


def test_reattach_at_the_tail_marks_nothing() -> None:
    """Nothing came: no divider."""
    records = RecordFactory()
    records.says("one", "a")
    state = FeedState(SESSION, ManualClock())
    state.resume_from(records.cursor, {"resumable": True})
    state.receive([records.attached(), records.observation()])

    assert state.missed.dividers == []
    assert state.missed.gap is None


def test_reattach_counts_what_stands_below_the_divider() -> None:
    """Entries, not events, and no commits; where only what stands above went on, no number."""
    records = RecordFactory()
    records.says("one", "a")
    saved = records.cursor
    records.says(" more", "a")
    state = reattached(records, saved)
    assert [each.text for each in state.missed.dividers] == ["new since you left"]
    for n in range(20):
        records.says(f"{n} ", "b")
    records.host.commit()
    state = reattached(records, saved)
    assert [each.text for each in state.missed.dividers] == ["new since you left · 1 entry"]


def reattached(records: RecordFactory, saved: str, **report: object) -> FeedState:
    """A state that has come back to `saved`, of which the daemon reports so."""
    state = FeedState(SESSION, ManualClock())
    state.resume_from(saved, {"resumable": not report, **report})
    state.receive([records.attached(), records.observation()])
    return state


def test_reattach_after_trimming_has_banner_and_dividers() -> None:
    """Where something is missing, a divider where the reader left says how many events can't be
    replayed, and their time. Where nothing is, the divider of what is new is enough."""
    records = RecordFactory()
    records.says("one", "a")
    saved = records.cursor
    records.says("two", "b")
    span = {"from_at": 1_700_000_000_000, "to_at": 1_700_000_065_000}
    state = reattached(records, saved, reason="trimmed", lost=1, **span)

    assert state.missed.gap == GapFacts(
        "trimmed", 1, complete=True, from_at=span["from_at"], to_at=span["to_at"]
    )
    times = time_span(*span.values())
    assert [
        (each.kind, each.text, each.position, each.anchor) for each in state.missed.dividers
    ] == [
        ("new", "new since you left · 1 entry", 1, "a"),
    ]
    assert records.host.view.complete
    records.host.view.complete = False
    state = reattached(records, saved, reason="trimmed", lost=1, **span)
    assert [
        (each.kind, each.text, each.position, each.muted) for each in state.missed.dividers
    ] == [
        ("gap", f"gap: 1 event trimmed · {times}", 1, False),
        ("new", "new since you left · 1 entry", 1, False),
    ]


def test_reattach_to_a_restarted_daemon_shows_where_it_began() -> None:
    """What its publisher restored stands above the divider, what certainly came since below.

    Which of the former was read nobody knows: nothing is claimed to be new.
    """
    records = RecordFactory(incarnation=7)
    for row in "abc":
        records.says(row, row)
    other = RecordFactory(incarnation=8, restored=records.host.view)
    other.says("d", "d")
    state = reattached(other, records.cursor, reason="unavailable")

    assert state.missed.gap == GapFacts("unavailable", None, complete=True, restarted=True)
    assert [(each.kind, each.text, each.anchor) for each in state.missed.dividers] == [
        ("gap", "gap: the daemon was restarted", "c")
    ]
    assert state.missed.new_since is None


def test_reattach_to_a_restarted_session_has_the_divider_on_top() -> None:
    """Nothing of it was there when the reader left."""
    records = RecordFactory()
    records.says("one", "a")
    state = reattached(records, f"lashsc1:0:{(7 << 40) + 9}:{SESSION}", reason="unavailable")

    assert [(each.text, each.position, each.anchor) for each in state.missed.dividers] == [
        ("gap: the session was restarted", 0, None)
    ]


def test_reattach_to_a_view_put_in_whole_claims_no_place_in_it() -> None:
    """A publisher whose outbox ran over restores its view: nobody knows what of it is new."""
    records = RecordFactory()
    records.says("one", "a")
    saved = records.cursor
    records.says("two", "b")
    records.host.replace_view(records.host.view.copy())
    records.says("three", "c")
    state = reattached(records, saved, reason="trimmed", lost=2)

    assert [(each.kind, each.anchor) for each in state.missed.dividers] == [("gap", "b")]


def test_damaged_saved_cursor_is_a_first_visit() -> None:
    """Text that is no cursor, or another session's, costs the divider and nothing else."""
    records = RecordFactory()
    records.says("one", "a")
    for cursor in ("rubbish", "lashsc1:0:1:other"):
        state = FeedState(SESSION, ManualClock())
        state.resume_from(cursor, None)
        state.receive([records.attached(), records.observation()])
        assert state.missed.dividers == []
        assert state.missed.gap is None


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
            "history unavailable: the session was restarted; transcript incomplete",
        ),
    ],
)
def test_gap_sentences(facts: GapFacts, sentence: str) -> None:
    """The banner says what is missing, and whether the transcript is whole all the same."""
    assert facts.sentence == sentence


def test_a_gap_that_cost_nothing_goes_by_itself() -> None:
    """Ten seconds after it was first shown; one with a loss stays until it is dismissed."""
    records, clock = RecordFactory(), ManualClock()
    records.says("one", "a")
    state = attached(records, clock)
    for complete in (True, False):
        before = records.cursor
        records.says("two", "b")
        records.host.view.complete = complete
        state.receive([records.gap(before, lost=13), records.observation()])
        clock.advance(60)  # nobody looked
        assert state.gap is not None
        assert state.missed.ticks == complete
        clock.advance(9.9)
        assert state.gap is not None
        clock.advance(0.1)
        assert (state.gap is None) == complete
    clock.advance(3600)
    assert state.gap is not None
    state.missed.dismiss_gap()
    assert state.gap is None


def test_gap_dividers_are_muted_where_nothing_is_lost() -> None:
    """They say that something was trimmed, as quietly as the banner."""
    records = RecordFactory()
    records.says("one", "a")
    state = attached(records)
    for complete in (True, False):
        before = records.cursor
        records.says("two", "b")
        records.host.view.complete = complete
        state.receive([records.gap(before, lost=13), records.observation()])
        assert state.missed.dividers[-1].muted == complete
