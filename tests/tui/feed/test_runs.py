"""What comes in one read is what it would be, event by event."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.events import (
    AssistantProseDelta,
    Committed,
    Error,
    Payload,
    ReasoningDelta,
    SessionObservationEvent,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
)
from lashd.testing.laws import ManualClock
from lashd.view import Fold, ReadView
from lashtui.feed.state import FeedState
from tests.tui.feed.attached import attached, texts
from tests.tui.records import SESSION, Record, RecordFactory

TEXTS = st.sampled_from(["", "x", "ü" * 40, "z" * 90])
EVENTS = st.one_of(
    st.builds(AssistantProseDelta, TEXTS),
    st.builds(AssistantProseDelta, TEXTS),
    st.builds(AssistantProseDelta, st.just("$\n"), st.sampled_from(["plain", "ansi"])),
    st.builds(ReasoningDelta, TEXTS),
    st.builds(ToolCallStarted, st.just("bash")),
    st.builds(ToolCallCompleted, st.just("bash")),
    st.builds(Error, TEXTS),
)
PAYLOADS: st.SearchStrategy[Payload] = st.one_of(
    *[
        st.builds(
            TurnActivity,
            st.just(""),
            st.sampled_from(["a", "a", "a", "b"]),
            EVENTS,
            st.sampled_from([None, None, "p"]),
        )
    ]
    * 9,
    st.just(Committed()),
)
DAMAGE = st.sampled_from(
    [None] * 12 + ["at", "late", "early", "text", "id", "revision", "cursor", "more", "type"]
)


def damaged(record: Record, how: str | None) -> Record:
    """A record as a daemon of another version might send it."""
    record = {**record, "activity": dict(record.get("activity") or {})}
    match how:
        case "at":
            record["at"] = None
        case "late":
            record["at"] = 2**70
        case "early":
            record["at"] -= 5
        case "text":
            record["activity"]["text"] = 7
        case "id":
            record["activity"].pop("id", None)
        case "revision":
            record["revision"] = "new"
        case "cursor":
            record["cursor"] = "lost"
        case "more":
            record["activity"]["more"] = [1]
        case "type":
            record["type"] = "of tomorrow"
    return record


def at_bounds(max_entries: int, max_bytes: int) -> tuple[RecordFactory, FeedState, FeedState]:
    """A session with these bounds, and two readers of it."""
    view = ReadView(SESSION, max_entries=max_entries, max_bytes=max_bytes)
    records = RecordFactory(restored=view)
    return records, attached(records), attached(records)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(PAYLOADS, DAMAGE), max_size=30),
    st.lists(st.integers(1, 12), min_size=30, max_size=30),
    st.integers(1, 6),
    st.sampled_from([300, 700, 4096]),
)
def test_reads_of_any_length_make_the_same_session(
    history: list[tuple[Payload, str | None]], lengths: list[int], max_entries: int, max_bytes: int
) -> None:
    """View, cursor, changes and what was skipped, wherever the reads begin and end, whatever the
    bounds drop in the middle of one, and whatever a record says that we don't know."""
    records, one_by_one, by_reads = at_bounds(max_entries, max_bytes)
    wire = [damaged(records.event(records.host.record(what)), how) for what, how in history]
    for record in wire:
        one_by_one.receive([record])
    for length in lengths:
        by_reads.receive(wire[:length])
        del wire[:length]
    assert by_reads.view == one_by_one.view
    assert by_reads.cursor == one_by_one.cursor
    assert by_reads.skipped_records == one_by_one.skipped_records
    assert by_reads.newest_error == one_by_one.newest_error
    assert by_reads.take_update() == one_by_one.take_update()


def test_the_words_of_a_frame_are_folded_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty deltas for one entry cost two folds."""
    records = RecordFactory()
    state = attached(records, ManualClock())
    said = [records.says(f" {number}", "a") for number in range(30)]
    folded: list[object] = []
    real = Fold.apply

    def counted(fold: Fold, event: SessionObservationEvent) -> None:
        folded.append(event)
        real(fold, event)

    monkeypatch.setattr(Fold, "apply", counted)
    state.receive(said)
    assert texts(state) == ["".join(f" {number}" for number in range(30))]
    assert state.cursor == records.cursor
    assert len(folded) == 1
