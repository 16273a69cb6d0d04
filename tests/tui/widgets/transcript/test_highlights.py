"""The matches of a search, without a widget."""

from __future__ import annotations

from lashtui.reading.search import Match, Query
from lashtui.widgets.transcript.highlights import Highlights
from lashtui.widgets.transcript.viewport import Viewport
from tests.tui.widgets.transcript.rows_harness import call, make_rows, plain

HEIGHT = 10


def highlights(viewport: Viewport, query: str) -> Highlights:
    """A search for `query`."""
    viewport.height = HEIGHT
    made = Highlights(viewport.rows, viewport)
    made.search(Query(query))
    return made


def test_a_match_comes_into_view_and_is_the_present_one() -> None:
    """Its row has it, other rows only spans."""
    viewport = Viewport(make_rows(plain(number) for number in range(30)))
    found = highlights(viewport, "line 1")
    assert found.show(Match("e5", 0), 1)
    row, other = viewport.rows.rows[5], viewport.rows.rows[6]
    assert viewport.settle() <= viewport.rows.start(5) < viewport.top + HEIGHT
    assert found.spans(row) == found.spans(other) == {1: [(8, 14)]}
    assert found.present(row) == (1, 8)
    assert found.present(other) is None


def test_a_folded_entry_is_unfolded_until_the_search_moves_on() -> None:
    """What the reader unfolded is not folded by it."""
    entries = [call(0, output="needle"), *(plain(number) for number in range(1, 30))]
    entries.append(call(30, output="another needle"))
    viewport = Viewport(make_rows(entries))
    found = highlights(viewport, "needle")
    first, last = viewport.rows.rows[0], viewport.rows.rows[30]
    last.unfolded = True
    assert found.show(Match("e0", 0), 1)
    assert not first.folded
    assert found.show(Match("e30", 0), 1)
    assert first.folded
    assert found.show(Match("e0", 0), 1)
    assert not last.folded


def test_what_a_search_unfolded_stays_when_it_ends() -> None:
    """The reader continues there."""
    viewport = Viewport(make_rows([call(0, output="needle"), plain(1)]))
    found = highlights(viewport, "needle")
    assert found.show(Match("e0", 0), 1)
    found.search(None)
    assert not found.is_active
    assert found.spans(viewport.rows.rows[0]) == {}
    found.search(Query("line"))
    assert found.show(Match("e1", 0), 1)
    assert not viewport.rows.rows[0].folded


def test_what_a_search_unfolded_is_folded_when_it_is_cancelled() -> None:
    """Also where the query was deleted before; not what the reader has folded and unfolded."""
    viewport = Viewport(make_rows([call(0, output="needle"), plain(1)]))
    found = highlights(viewport, "needle")
    row = viewport.rows.rows[0]
    assert found.show(Match("e0", 0), 1)
    assert not row.folded
    found.search(Query(""))
    found.fold_again()
    assert row.folded
    found.fold_again()
    assert row.folded


def test_a_match_of_a_hidden_entry_is_not_shown() -> None:
    """Nor is one without a query."""
    viewport = Viewport(make_rows([plain(0), plain(1)]))
    found = highlights(viewport, "line")
    viewport.filter(lambda entry: entry.id != "e0", None)
    assert not found.show(Match("e0", 0), 1)
    found.search(Query(""))
    assert not found.show(Match("e1", 0), 1)
