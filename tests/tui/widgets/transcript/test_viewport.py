"""The viewport: following ends at the last line, holding keeps the top line, whatever comes."""

from __future__ import annotations

import pytest

from lashd.view import Entry
from lashtui.theme import DARK, Palette
from lashtui.widgets.transcript.row import RowRenderer
from lashtui.widgets.transcript.rows import RowList
from lashtui.widgets.transcript.viewport import Viewport

HEIGHT = 10


def plain(number: int, lines: int = 3) -> Entry:
    """An entry of several lines that tell which they are."""
    text = "".join(f"entry {number} line {line}\n" for line in range(lines))
    return Entry("prose", f"e{number}", number, 1, text=text, format="plain")


@pytest.fixture(name="rows")
def _rows() -> RowList:
    renderer = RowRenderer(lambda: 0)
    renderer.width = 60
    system = DARK.to_color_system()
    assert system.background is not None
    assert system.foreground is not None
    renderer.palette = Palette(system.background, system.foreground, system.foreground)
    rows = RowList(renderer)
    for number in range(50):
        rows.append(f"e{number}", plain(number))
    return rows


@pytest.fixture(name="port")
def _port(rows: RowList) -> Viewport:
    port = Viewport(rows, rows._renderer)
    port.height = HEIGHT
    return port


def text_at(rows: RowList, top: int) -> str:
    """What the line at `top` says."""
    return rows.strips(top, 1)[0].text.strip()


def test_it_follows_the_live_end(rows: RowList, port: Viewport) -> None:
    """At the live end the last line is at the bottom, also after more has come."""
    assert port.settle() == rows.total() - HEIGHT
    rows.append("new", plain(99, 7))
    assert port.settle() == rows.total() - HEIGHT
    assert port.place() is None


def test_held_it_stays_whatever_comes_below(rows: RowList, port: Viewport) -> None:
    """The top line is the same after entries below were added."""
    port.hold(20, 1)
    before = text_at(rows, port.settle())
    for number in range(100, 110):
        rows.append(f"e{number}", plain(number))

    assert text_at(rows, port.settle()) == before
    port.follow()
    assert port.settle() == rows.total() - HEIGHT


def test_held_it_stays_when_the_head_is_dropped(rows: RowList, port: Viewport) -> None:
    """Entries above that go for the bound don't move what is read."""
    port.hold(20, 1)
    before = text_at(rows, port.settle())
    rows.drop_head(10, port.leaving)

    assert text_at(rows, port.settle()) == before


def test_a_place_is_found_again(rows: RowList, port: Viewport) -> None:
    """The place of a held view can be held again, by its entry."""
    port.hold(30, 2)
    place = port.place()
    assert place is not None
    port.follow()
    port.hold_place(place)

    assert port.place() == place


def test_the_end_leaves_no_emptiness(rows: RowList, port: Viewport) -> None:
    """Held near the end, the last line is at the bottom, not in the middle."""
    port.hold(49, 2)

    assert port.settle() == rows.total() - HEIGHT
