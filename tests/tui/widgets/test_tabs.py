"""The tab strip."""

from __future__ import annotations

import re

import pytest
from textual.app import App, ComposeResult

from lashtui.widgets.tabs import Tab, TabStrip, fitted
from tests.tui.screen_text import screen_text

TABS = [
    Tab("build", "running", "working"),
    Tab("review", "waiting", "needs you"),
    Tab("docs", "ended", "failed", "failure"),
    Tab("far", None, lost=True),
]


class Host(App[None]):
    """The strip, and which tab was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: list[int] = []

    def compose(self) -> ComposeResult:
        yield TabStrip()

    def on_tab_strip_picked(self, message: TabStrip.Picked) -> None:
        self.picked.append(message.number)


async def test_one_session_needs_no_strip() -> None:
    """With one tab it takes no room."""
    app = Host()
    async with app.run_test(size=(80, 5)) as pilot:
        strip = app.query_one(TabStrip)
        strip.show_tabs(TABS[:1], 0)
        await pilot.pause()
        assert strip.size.height == 0
        assert strip.text == ""


async def test_each_tab_has_number_mark_name_and_what_it_needs() -> None:
    """A tab that waits or has failed says so by mark and word."""
    app = Host()
    async with app.run_test(size=(80, 5)) as pilot:
        app.query_one(TabStrip).show_tabs(TABS, 0)
        await pilot.pause()
        line = screen_text(app).splitlines()[0]
    assert re.split(" {2,}", line.strip()) == [
        "1 ● build",
        "2 ‼ review waiting",
        "3 ✗ docs failed",
        "4 ↻ far",
    ]


async def test_a_tab_stands_where_the_fleet_says() -> None:
    """Failed while it lives, quiet, done, and gone: what a removed session was is no more."""
    tabs = [
        Tab("a", "idle", "done"),
        Tab("infra", "idle", "failed", "failure"),
        Tab("docs", "running", "quiet"),
        Tab("lint", "ended", "done", "success"),
        Tab("old", "waiting", "needs you", gone=True),
    ]
    app = Host()
    async with app.run_test(size=(100, 5)) as pilot:
        app.query_one(TabStrip).show_tabs(tabs, 0)
        await pilot.pause()
        line = screen_text(app).splitlines()[0]
    assert re.split(" {2,}", line.strip()) == [
        "1 ○ a",
        "2 ✗ infra failed",
        "3 ⏱ docs quiet",
        "4 ✓ lint done",
        "5 ↻ old gone",
    ]


def many(*waiting: int) -> list[Tab]:
    """Eight with long names."""
    return [
        Tab(f"ingest-worker-{n}", "waiting" if n in waiting else "running") for n in range(1, 9)
    ]


def strip(tabs: list[Tab], front: int, width: int, first: int = 0) -> tuple[str, int]:
    """What the strip says, and the first tab in sight."""
    pieces, first = fitted(tabs, front, width, first)
    return " ".join(piece.text.plain for piece in pieces), first


@pytest.mark.parametrize("width", [38, 78])
@pytest.mark.parametrize("front", range(8))
def test_names_can_be_told_apart(width: int, front: int) -> None:
    """Ten cells each: the strip scrolls to the tab in front and says how many are beyond it."""
    line, _ = strip(many(), front, width)
    assert len(line) <= width
    assert f" {front + 1} ● ingest-wo…" in line
    left, right = (re.search(each, line) for each in (r"‹(\d)", r"(\d)›"))
    beyond = sum(int(each[1]) for each in (left, right) if each)
    assert line.count("●") + beyond == 8


@pytest.mark.parametrize("width", [38, 78])
def test_a_tab_that_waits_is_in_sight(width: int) -> None:
    """With its number, where there is no room for its name."""
    line, _ = strip(many(1, 7), 3, width)
    assert len(line) <= width
    assert re.search(r"\b1 ?‼", line)
    assert re.search(r"\b7 ?‼", line)


def test_the_strip_scrolls_no_further_than_it_must() -> None:
    """Going on within what is in sight moves nothing."""
    _, first = strip(many(), 5, 78)
    assert first > 0
    moved = strip(many(), 6, 78, first)[1]
    assert strip(many(), 5, 78, moved) == strip(many(), 6, 78, moved)


def test_a_strip_of_a_few_cells() -> None:
    """Something of the tab in front is left."""
    for width in range(4, 40):
        line, _ = strip(many(), 4, width)
        assert "5" in line, width


async def test_click_picks_the_tab_under_it() -> None:
    """Anywhere on it."""
    app = Host()
    async with app.run_test(size=(80, 5)) as pilot:
        app.query_one(TabStrip).show_tabs(TABS, 0)
        await pilot.pause()
        for x in (2, 14, 75):
            await pilot.click(TabStrip, offset=(x, 0))
    assert app.picked == [0, 1]


async def test_names_are_data() -> None:
    """Markup and escapes of a name stay text."""
    app = Host()
    async with app.run_test(size=(80, 5)) as pilot:
        app.query_one(TabStrip).show_tabs([Tab("[red]x[/]\x1b[2J", "idle"), *TABS], 1)
        await pilot.pause()
        text = screen_text(app)
    assert "[red]x[/]" in text
    assert "\x1b" not in text
