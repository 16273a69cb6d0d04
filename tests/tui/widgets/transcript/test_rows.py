"""The rows: their order, their lines, and what is rendered of them."""

from __future__ import annotations

import random

import pytest

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.row import Row
from lashtui.widgets.transcript.rows import RowList
from tests.tui.widgets.transcript.rows_harness import call, make_rows, plain, text_at


def assert_consistent(rows: RowList) -> None:
    """Indices, starts and the total agree with the heights of the rows."""
    start = 0
    above: Entry | None = None
    for index, row in enumerate(rows.rows):
        parent = row.entry.parent if row.entry is not None else None
        is_own = parent is None or (above is not None and parent in (above.parent, above.id))
        if index:  # the first may have lost what stood above it
            assert (row.label is None) == is_own
        above = row.entry
        assert rows.index_of(row) == index
        assert rows.start(index) == start
        assert rows.find(start) == index
        start += row.height
    assert rows.total() == start


@pytest.mark.parametrize("seed", range(8))
def test_each_row_stands_where_the_heights_before_it_say(seed: int) -> None:
    """After random changes under changing filters; without a filter the rows are the entries."""
    chance = random.Random(seed)
    entries: list[Entry] = []
    rows = make_rows([])

    def add(number: int) -> None:
        entry = call(number) if chance.random() < 0.4 else plain(number, chance.randrange(1, 5))
        if entries and chance.random() < 0.4:
            entry.parent = chance.choice(entries).id
        entries.append(entry)
        rows.append(entry.id, entry)

    def drop() -> None:
        count = chance.randrange(1, 3)
        del entries[:count]
        rows.drop_head(count, lambda row: None)

    def remove() -> None:
        entry = entries.pop(chance.randrange(len(entries)))
        rows.remove(entry.id, lambda row: None)

    def change() -> None:
        entry = chance.choice(entries)
        entry.text = (entry.text or "") + "more\n" * chance.randrange(9)
        row = rows.get(entry.id)
        assert row is not None
        rows.update(row, entry)

    for number in range(120):
        add(number)
        what = chance.random()
        if what < 0.2:
            chance.choice([drop, remove])()
        elif what < 0.5:
            change()
        elif what < 0.6:
            rows.filter(chance.choice([None, lambda entry: entry.kind == "tool"]))
        if rows.rows:
            rows.render(chance.randrange(len(rows)))
        assert_consistent(rows)
    rows.filter(None)
    assert_consistent(rows)
    assert [row.key for row in rows.rows] == [entry.id for entry in entries]
    assert rows.entry_count == len(entries)


def test_each_removed_row_is_reported() -> None:
    """Hidden ones too, so that nothing counts them any longer."""
    rows = make_rows([plain(0), call(1), plain(2), plain(3)])
    rows.filter(lambda entry: entry.kind == "prose")
    gone: list[Row] = []
    rows.remove("e1", gone.append)
    rows.filter(lambda entry: entry.kind == "tool")
    rows.drop_head(2, gone.append)
    assert [row.key for row in gone] == ["e1", "e0", "e2"]


def test_dividers_keep_their_places_with_the_entry_before_them() -> None:
    """So they can be placed again when the same entries get other rows."""
    rows = make_rows([])
    rows.replace([plain(1), plain(5)], [Divider("new", "new", 3), Divider("gap", "gap")])
    assert [(d.text, d.anchor) for d in rows.dividers()] == [("new", "e1"), ("gap", "e5")]
    assert rows.last_divider("new") == (1, 0)
    assert rows.last_divider("gap") == (3, 0)
    rows.remove("e5", lambda row: None)
    assert [(d.text, d.anchor) for d in rows.dividers()] == [("new", "e1"), ("gap", "e1")]


def test_a_line_of_open_markdown_at_the_top_stays_until_it_is_unpinned() -> None:
    """A late second mark would take the first one from a line that is being read."""
    entry = Entry("prose", "p", 1, text="**begun " + "and more words " * 20)
    rows = make_rows([entry])
    rows.render(0)
    before = text_at(rows, 0)
    entry.text = (entry.text or "") + "ended** "
    rows.update(rows.rows[0], entry)
    rows.render_held(0, 0)
    assert text_at(rows, 0) == before
    rows.unpin()
    assert text_at(rows, 0) != before


def test_walking_renders_what_it_passes() -> None:
    """So the distance is exact even where heights were estimates."""
    rows = make_rows(Entry("prose", f"e{n}", n, text="a\n" * 30, ended_at=1) for n in range(5))
    place = rows.walk(4, 0, -7)
    assert rows.start(4) - rows.start(place[0]) - place[1] == 7
    assert rows.walk(*place, 7) == (4, 0)
