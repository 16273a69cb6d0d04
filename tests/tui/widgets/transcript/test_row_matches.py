"""Where matches are in the lines of a row."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.reading.search import Match, Query
from lashtui.widgets.transcript.row import Row
from lashtui.widgets.transcript.row_matches import RowMatches
from tests.tui.widgets.transcript.rows_harness import make_renderer


def drawn(
    entry: Entry, query: str, *, width: int = 40, unfolded: bool = True
) -> tuple[RowMatches, Row]:
    row = Row(entry.id, entry)
    row.unfolded = unfolded
    make_renderer(width).render(row)
    matches = RowMatches()
    matches.query = Query(query)
    return matches, row


def test_a_phrase_over_two_lines_has_a_span_in_each() -> None:
    """The spaces between are not part of it."""
    matches, row = drawn(Entry("prose", "p", 1, text="a" * 30 + " one two three"), "two three")
    assert matches.spots(row) == [(0, 35)] or matches.spots(row) == [(1, 0)]
    assert sum(end - begin for spans in matches.by_line(row).values() for begin, end in spans) >= 8


def test_what_a_head_repeats_does_not_count() -> None:
    """The head repeats the argument `make`: the second match is the one in the output."""
    entry = Entry(
        "tool", "t", 1, name="Bash", args={"command": "make"}, output="make: done", state="success"
    )
    matches, row = drawn(entry, "make")
    assert len(matches.spots(row)) == 3
    assert matches.spot(row, Match("t", 0), 2) == (2, 15)
    assert matches.spot(row, Match("t", 1), 2) == (4, 6)


def test_a_match_that_is_not_drawn_has_no_place() -> None:
    """Such as one that is folded away."""
    entry = Entry("tool", "t", 1, name="Bash", output="needle", state="success")
    matches, row = drawn(entry, "needle", unfolded=False)
    assert matches.spot(row, Match("t", 0), 1) is None


def test_a_row_that_is_rendered_again_is_searched_again() -> None:
    """Its lines have changed."""
    entry = Entry("prose", "p", 1, text="one word", ended_at=1)
    matches, row = drawn(entry, "word")
    assert len(matches.spots(row)) == 1
    entry.text, entry.ended_at = "one word, word", 2
    row.dirty = True
    row.doc = None
    make_renderer(40).render(row)
    assert len(matches.spots(row)) == 2


def test_numbers_of_lines_are_not_found() -> None:
    """They are not the agent's words."""
    args = {"file_path": "x", "content": "a\nb\nc 2"}
    matches, row = drawn(Entry("tool", "t", 1, name="Write", args=args, state="success"), "2")
    assert matches.spots(row) == [(4, 11)]
