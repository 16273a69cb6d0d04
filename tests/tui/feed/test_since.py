"""What came since the reader left, and where in the transcript that begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.events import ToolCallCompleted, ToolCallStarted, TurnActivity
from lashd.store import SessionHost
from lashd.testing.laws import ManualClock
from lashd.view import Entry, ReadView
from lashtui.feed.divider import Divider
from lashtui.feed.since import LOOKED_AT, place_in, since
from lashtui.feed.state import FeedState
from lashtui.saved.place import Place, decode_place, encode_place
from tests.tui.feed.attached import attached
from tests.tui.records import SESSION, RecordFactory


def left(records: RecordFactory) -> tuple[str, Place]:
    """The cursor and place of a reader who leaves now."""
    place = decode_place(encode_place(place_in(records.host.view, 5)))
    assert place is not None
    return records.cursor, place


def returned(records: RecordFactory, was: tuple[str, Place], **report: object) -> FeedState:
    """A state that has come back to where `left` was."""
    state = FeedState(SESSION, ManualClock())
    state.resume_from(was[0], {"resumable": not report, **report}, was[1])
    state.receive([records.attached(), records.observation()])
    return state


def test_divider_stands_inside_the_answer_that_went_on() -> None:
    """After what had been read of it, and it says what follows."""
    records = RecordFactory()
    records.says("one", "z")
    records.says("read ", "a")
    was = left(records)
    records.says("new", "a")
    records.says("later", "b")

    assert returned(records, was).missed.dividers == [
        Divider(
            "new",
            "new since you left · 1 entry",
            2,
            "a",
            chars=5,
            outside="new since you left · continued · 1 entry",
        )
    ]


def test_coming_back_in_the_app_knows_the_place_too() -> None:
    """As after a new start, without anything that was saved."""
    records = RecordFactory()
    records.says("read ", "a")
    state = attached(records)
    state.mark_read()
    state.receive([records.says("new", "a")])
    state.came_back()

    (divider,) = state.missed.dividers
    assert (divider.text, divider.anchor, divider.chars) == ("new since you left", "a", 5)


def test_the_head_of_a_text_may_be_cut_meanwhile() -> None:
    """Characters are counted from the start of the text, not of what is kept."""
    view = ReadView("s", entries=[Entry("prose", "a", 1, text="abc", cut_chars=10)])
    place = place_in(view)
    view.entries[0].text, view.entries[0].cut_chars = "c", 12
    found = since(view, place, 1)
    assert found is not None
    assert not found.is_any
    view.entries[0].text = "cd"
    found = since(view, place, 1)
    assert found is not None
    assert [(grown.id, grown.chars) for grown in found.grown] == [("a", 13)]


def test_a_call_that_ran_is_finished_since() -> None:
    """It began before the divider, which says so."""
    records = RecordFactory()
    records.host.record(TurnActivity("", None, ToolCallStarted(name="Bash", call_id="c", args={})))
    was = left(records)
    records.host.record(TurnActivity("", None, ToolCallCompleted(name="Bash", call_id="c")))
    (divider,) = returned(records, was).missed.dividers
    assert (divider.text, divider.anchor, divider.chars) == (
        "new since you left · 1 finished",
        "c",
        None,
    )


def test_what_nobody_sees_is_not_new() -> None:
    """Events without a trace in the transcript draw no divider."""
    records = RecordFactory()
    records.says("one", "a")
    was = left(records)
    records.says("", "a")
    assert returned(records, was).missed.dividers == []


@pytest.mark.parametrize("incarnation", [7, 8])
def test_a_restored_session_is_known_by_its_entries(incarnation: int) -> None:
    """Positions are others, ids and times are the same: the divider stands where the reader was."""
    records = RecordFactory()
    for row in "abc":
        records.says(row, row)
    was = left(records)
    records.says(" and more", "c")
    records.says("d", "d")
    if incarnation == 7:
        records.host.replace_view(records.host.view.copy())
        records.says("e", "e")
        state = returned(records, was, reason="trimmed", lost=9)
    else:
        other = RecordFactory(incarnation, restored=records.host.view)
        other.says("e", "e")
        state = returned(other, was, reason="unavailable")

    (divider,) = state.missed.dividers
    assert (divider.text, divider.anchor, divider.chars) == (
        "new since you left · 2 entries",
        "c",
        1,
    )
    assert state.missed.gap is not None


def test_another_session_with_the_same_ids_is_not_the_one_that_was_left() -> None:
    """It began at another time."""
    records = RecordFactory()
    records.says("one", "a")
    was = left(records)
    again = RecordFactory(incarnation=8)
    again.host = SessionHost(again.store, SESSION, now_ms=lambda: 1_800_000_000_000)
    again.says("quite another", "a")
    state = returned(again, was, reason="unavailable")
    assert [divider.kind for divider in state.missed.dividers] == ["gap"]


def test_a_question_that_was_answered_is_finished_since() -> None:
    """One that still waits is not."""
    entry = Entry("diagnostic", "q", 1, name="waiting", text="may I?")
    view = ReadView("s", entries=[entry])
    place = place_in(view)
    found = since(view, place, 1)
    assert found is not None
    assert not found.is_any
    entry.ended_at = 9
    found = since(view, place, 1)
    assert found is not None
    assert found.finished == [entry]


PIECES = st.lists(
    st.tuples(st.sampled_from(["say", "call", "end", "commit"]), st.integers(0, 3)), max_size=30
)


@given(PIECES, st.data())
def test_at_every_cut_nothing_new_is_missed_and_nothing_read_is_new(
    pieces: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Against a comparison of the two views, whichever point the reader left at."""
    records = RecordFactory()

    def step(what: str, which: int) -> None:
        if what == "say":
            records.says("x", f"p{which}")
        elif what == "call":
            start = ToolCallStarted(name="Bash", call_id=f"c{which}", args={})
            records.host.record(TurnActivity("", None, start))
        elif what == "end":
            end = ToolCallCompleted(name="Bash", call_id=f"c{which}")
            records.host.record(TurnActivity("", None, end))
        else:
            records.host.commit()

    cut = data.draw(st.integers(0, len(pieces)))
    for piece in pieces[:cut]:
        step(*piece)
    cursor, place = left(records)
    old = {entry.id: entry for entry in records.host.view.copy().entries}
    for piece in pieces[cut:]:
        step(*piece)
    view = records.host.view
    new = [entry.id for entry in view.entries if entry.id not in old]
    grown = [e.id for e in view.entries if e.id in old and e.text != old[e.id].text]
    ended = [e.id for e in view.entries if e.id in old and old[e.id].state == "running" != e.state]
    position = int(cursor.split(":")[2]) & ((1 << 40) - 1)
    for at in (position, None) if old else (position,):
        found = since(view, place, at)
        assert found is not None
        assert [entry.id for entry in found.new] == new
        assert [each.id for each in found.grown] == grown
        assert [entry.id for entry in found.finished] == ended
    assert len(view.entries) < LOOKED_AT
