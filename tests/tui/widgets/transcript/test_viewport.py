"""The viewport: following shows the last line, holding keeps the top line."""

from __future__ import annotations

import pytest

from lashtui.widgets.transcript.rows import RowList
from lashtui.widgets.transcript.viewport import Viewport
from tests.tui.widgets.transcript.rows_harness import make_rows, plain, text_at

HEIGHT = 10


@pytest.fixture(name="rows")
def _rows() -> RowList:
    return make_rows(plain(number) for number in range(50))


@pytest.fixture(name="port")
def _port(rows: RowList) -> Viewport:
    port = Viewport(rows)
    port.height = HEIGHT
    return port


def test_it_follows_the_live_end(rows: RowList, port: Viewport) -> None:
    """The last line is at the bottom, also after more has arrived."""
    assert port.settle() == rows.total() - HEIGHT
    rows.append("new", plain(99, 7))
    assert port.settle() == rows.total() - HEIGHT
    assert port.place() is None


def test_held_it_stays_whatever_arrives_below(rows: RowList, port: Viewport) -> None:
    """The top line is the same after entries are added below."""
    port.go_to(20, 1)
    before = text_at(rows, port.settle())
    for number in range(100, 110):
        rows.append(f"e{number}", plain(number))

    assert text_at(rows, port.settle()) == before
    port.follow()
    assert port.settle() == rows.total() - HEIGHT


def test_held_it_stays_when_the_head_is_dropped(rows: RowList, port: Viewport) -> None:
    """Entries dropped from the head do not move what is being read."""
    port.go_to(20, 1)
    before = text_at(rows, port.settle())
    rows.drop_head(10, port.release)

    assert text_at(rows, port.settle()) == before


def test_a_place_is_found_again(rows: RowList, port: Viewport) -> None:
    """A view can be held again where it was, by its entry."""
    port.go_to(30, 2)
    place = port.place()
    assert place is not None
    port.follow()
    port.restore(place)

    assert port.place() == place


def test_the_end_leaves_no_empty_lines(rows: RowList, port: Viewport) -> None:
    """Scrolled near the end, the last line is at the bottom, not in the middle."""
    port.go_to(49, 2)

    assert port.settle() == rows.total() - HEIGHT


def test_unfolding_everything_keeps_the_top_line(rows: RowList, port: Viewport) -> None:
    """The entry that is held begins where it did."""
    port.go_to(20, 1)
    before = text_at(rows, port.settle())
    port.set_all_folds(unfolded=True)

    assert text_at(rows, port.settle()) == before


def test_lines_behind_the_last_row_are_part_of_the_end(rows: RowList, port: Viewport) -> None:
    """Following shows them; a step up holds one line higher, a step down follows again."""
    port.tail = 2
    port.settle()
    end = rows.total() + 2
    assert port.settle() == end - HEIGHT
    assert port.total == end
    assert port.is_at_end
    port.move(-1)
    assert port.settle() == end - HEIGHT - 1
    assert not port.following
    port.move(1)
    assert port.following


def test_lines_behind_the_last_row_move_nothing_that_is_held(rows: RowList, port: Viewport) -> None:
    """They come and go below a reader, at whose top the same line stays."""
    port.tail = 2
    port.settle()
    port.move(-1)
    top = port.settle()
    for tail in (0, 5, 2):
        port.tail = tail
        assert port.settle() == top
        assert not port.following
    rows.append("new", plain(99, 7))
    assert port.settle() == top


def test_a_screen_lower_than_what_stands_behind_the_rows(rows: RowList, port: Viewport) -> None:
    """It shows the end of that, and can still be moved."""
    port.tail, port.height = 8, 3
    assert port.settle() == rows.total() + 5
    port.move(-1)
    port.move(-10)
    assert 0 <= port.settle() < rows.total()
    port.follow()
    assert port.settle() == rows.total() + 5
