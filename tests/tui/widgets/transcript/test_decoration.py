"""What is drawn over strips: the mark, and matches."""

from __future__ import annotations

from textual.strip import Strip

from lashtui.reading.search import Match, Query
from lashtui.widgets.transcript.decoration import MARK, Decoration
from lashtui.widgets.transcript.highlights import Highlights
from lashtui.widgets.transcript.viewport import Viewport
from tests.tui.widgets.transcript.rows_harness import make_rows, plain


def drawn(viewport: Viewport, highlights: Highlights, marked: int | None = None) -> list[Strip]:
    """All strips. What looks the same must be the same object when decorated again."""
    rows = viewport.rows
    for index in range(len(rows)):
        rows.render(index)
    decoration = Decoration(rows, highlights)
    row = rows.rows[marked] if marked is not None else None
    first = decoration.apply(0, rows.strips(0, rows.total()), row)
    again = decoration.apply(0, rows.strips(0, rows.total()), row)
    assert all(a is b for a, b in zip(first, again, strict=True))
    return first


def test_without_mark_and_search_strips_are_passed_through() -> None:
    """It is the same list: there is no cost for each line."""
    viewport = Viewport(make_rows([plain(0), plain(1)]))
    strips = viewport.rows.strips(0, 5)
    decoration = Decoration(viewport.rows, Highlights(viewport.rows, viewport))
    assert decoration.apply(0, strips, None) is strips


def test_the_marked_row_has_the_mark_on_each_of_its_lines() -> None:
    """Not on the blank line above it."""
    viewport = Viewport(make_rows([plain(0), plain(1)]))
    strips = drawn(viewport, Highlights(viewport.rows, viewport), marked=1)
    assert [strip.text.startswith(MARK) for strip in strips] == [False] * 4 + [True] * 3


def test_matches_have_a_colour_and_the_present_one_another() -> None:
    """The text stays as it is."""
    viewport = Viewport(make_rows([plain(0, 1), plain(1, 1)]))
    highlights = Highlights(viewport.rows, viewport)
    highlights.search(Query("entry"))
    assert highlights.show(Match("e1", 0), 1)
    strips = drawn(viewport, highlights)
    palette = viewport.rows.renderer.palette
    assert palette is not None
    for strip, current in ((strips[0], False), (strips[2], True)):
        style = palette.found(current=current)
        assert [s.text for s in strip if s.style and s.style + style == s.style] == ["entry"]
