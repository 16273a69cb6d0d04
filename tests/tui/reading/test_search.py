"""Incremental search in the text of entries."""

from __future__ import annotations

import time

from lashd.view import Entry
from lashtui.reading.search import Match, Query, Search


def entries() -> list[Entry]:
    return [
        Entry("user", "u", 1, text="Fix the parser"),
        Entry("prose", "p", 2, text="The parser\nkeeps parser state"),
        Entry("tool", "t", 3, name="Bash", args={"command": "make"}, output="no such parser"),
    ]


def found(text: str) -> Search:
    search = Search()
    search.update(Query(text), entries())
    return search


def test_finds_in_texts_arguments_and_outputs() -> None:
    """Four times, in the order of the transcript, with each one's number."""
    search = found("parser")
    assert search.total == 4
    match, seen = None, []
    for _ in range(4):
        match = search.step(match, 1)
        assert match is not None
        seen.append((match, search.position(match), search.wrapped))
    assert seen == [
        (Match("u", 0), 1, False),
        (Match("p", 0), 2, False),
        (Match("p", 1), 3, False),
        (Match("t", 0), 4, False),
    ]


def test_wraps_around_the_ends_and_says_so() -> None:
    """From the last to the first and back."""
    search = found("parser")
    first = search.step(Match("t", 0), 1)
    assert first == Match("u", 0)
    assert search.wrapped
    assert search.step(first, -1) == Match("t", 0)
    assert search.wrapped


def test_case_counts_only_when_an_upper_case_letter_is_typed() -> None:
    """`fix` finds `Fix`, `FIX` does not."""
    assert found("fix").total == 1
    assert found("Fix").total == 1
    assert found("FIX").total == 0


def test_space_matches_a_line_break() -> None:
    """A phrase is found even if it continues on the next line."""
    assert found("parser keeps").total == 1


def test_begins_at_the_entry_in_view() -> None:
    """At it or behind it; backwards before it."""
    search = found("parser")
    assert search.step(None, 1, start="p") == Match("p", 0)
    assert search.step(None, -1, start="p") == Match("p", 1)
    assert search.step(None, 1, start="gone") == Match("u", 0)


def test_nothing_is_found_of_nothing() -> None:
    """An empty query, blanks, and what is nowhere."""
    for text in ("", "   ", "zebra", "(["):
        search = found(text)
        assert search.total == 0
        assert search.step(None, 1) is None


def test_entries_that_grow_are_searched_again() -> None:
    """They change in place."""
    listed, search = entries(), Search()
    search.update(Query("state"), listed)
    listed[1].text = f"{listed[1].text}, state"
    search.update(Query("state"), listed)
    assert search.total == 2
    assert search.position(Match("p", 1)) == 2
    assert search.position(Match("p", 2)) == 0


def test_ten_thousand_entries_are_searched_at_once() -> None:
    """Below 50 ms for a key, with room for a loaded machine: processor time counts."""
    many = [
        Entry("prose", f"p{n}", n, text=f"message {n} " + "the agent edits the parser " * 4)
        for n in range(10_000)
    ]
    search = Search()
    search.update(Query(""), many)
    begin = time.process_time()
    search.update(Query("agent"), many)
    assert search.step(None, 1) is not None
    assert time.process_time() - begin < 0.05
    assert search.total == 40_000
