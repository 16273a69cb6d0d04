"""Where jumps go."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.reading.jumps import jump

ROWS: list[Entry | None] = [
    Entry("user", "u1", 1, text="a"),
    Entry("tool", "t1", 2, state="success"),
    None,
    Entry("tool", "t2", 3, state="failure"),
    Entry("commit", "c", 4),
    None,
    Entry("prose", "p", 5, text="by itself"),
    Entry("error", "e", 6, text="x"),
    Entry("user", "u2", 7, text="b"),
]


def test_tools_and_errors() -> None:
    """A failed call is both."""
    assert jump(ROWS, 0, 1, "tool") == 1
    assert jump(ROWS, 1, 1, "tool") == 3
    assert jump(ROWS, 3, 1, "tool") is None
    assert jump(ROWS, 0, 1, "error") == 3
    assert jump(ROWS, 3, 1, "error") == 7
    assert jump(ROWS, len(ROWS), -1, "error") == 7
    assert jump(ROWS, 3, -1, "error") is None


def test_a_turn_begins_with_a_message_or_after_a_commit() -> None:
    """Even if the agent continues by itself."""
    assert jump(ROWS, -1, 1, "turn") == 0
    assert jump(ROWS, 0, 1, "turn") == 6
    assert jump(ROWS, 6, 1, "turn") == 8
    assert jump(ROWS, 8, -1, "turn") == 6
