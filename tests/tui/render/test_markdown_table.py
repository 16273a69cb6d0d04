"""Tables in columns."""

from __future__ import annotations

from lashtui.render.markdown_table import (
    MAX_CELL_LINES,
    MAX_COLUMNS,
    MEASURED_ROWS,
    Cell,
    lay_out,
    row_lines,
    rule,
)
from lashtui.render.styles import TEXT, line_text


def cells(*texts: str) -> list[Cell]:
    return [[(text, TEXT)] if text else [] for text in texts]


def test_columns_take_what_they_want_where_it_fits() -> None:
    """No wider than their widest cell."""
    layout = lay_out([cells("a", "bbbbb"), cells("aaaa", "b")], ["left", "right"], 40)
    assert layout.widths == (4, 5)
    assert line_text(row_lines(cells("a", "b"), layout)[0]) == "a         b"
    assert line_text(rule(layout)) == "────  ─────"


def test_wide_columns_share_what_narrow_ones_leave() -> None:
    """The whole is never wider than asked."""
    layout = lay_out([cells("id", "x" * 90, "y" * 90)], ["left"] * 3, 43)
    assert layout.widths == (3, 18, 18)


def test_more_columns_than_room_are_cut() -> None:
    """Each column that is shown can be read."""
    layout = lay_out([cells(*["abc"] * 100)], ["left"] * 100, 1000)
    assert len(layout.widths) == MAX_COLUMNS
    assert len(lay_out([cells("a", "b", "c")], ["left"] * 3, 8).widths) == 2


def test_a_long_cell_is_wrapped_and_then_cut() -> None:
    """Its neighbours stay on the screen."""
    layout = lay_out([cells("word " * 100, "b")], ["left", "left"], 20)
    lines = row_lines(cells("word " * 100, "b"), layout)
    assert len(lines) == MAX_CELL_LINES
    assert line_text(lines[-1]).endswith("…")


def test_later_rows_do_not_move_the_columns() -> None:
    """A table that is still growing keeps its layout."""
    rows = [cells("a")] * (MEASURED_ROWS + 1)
    assert lay_out(rows, ["left"], 40) == lay_out([*rows, cells("x" * 30)], ["left"], 40)


def test_missing_and_centred_cells() -> None:
    """A row may be short; centred text stands in the middle."""
    layout = lay_out([cells("aaaaa", "b")], ["center", "left"], 40)
    assert [line_text(line) for line in row_lines(cells("x"), layout)] == ["  x"]
    assert line_text(row_lines(cells("", "b"), layout)[0]) == "       b"
