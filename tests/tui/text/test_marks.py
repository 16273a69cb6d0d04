"""Each state has a mark of its own."""

from __future__ import annotations

from lashtui.text.marks import CALL_MARKS, PROCESS_MARKS, SESSION_MARKS, STEP_MARKS


def test_states_are_told_apart_by_their_marks() -> None:
    """Within a table no two states look alike, and each mark takes one cell."""
    for marks in (SESSION_MARKS, CALL_MARKS, PROCESS_MARKS, STEP_MARKS):
        assert len(set(marks.values())) == len(marks)
        assert all(len(mark) == 1 for mark in marks.values())


def test_calls_and_processes_look_alike() -> None:
    """What ended well, badly or was cancelled has one mark, whatever it is."""
    assert CALL_MARKS["success"] == PROCESS_MARKS["exited"]
    assert CALL_MARKS["failure"] == PROCESS_MARKS["failed"]
    assert CALL_MARKS["cancelled"] == PROCESS_MARKS["cancelled"]
