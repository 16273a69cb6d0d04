"""The tab strip."""

from __future__ import annotations

import re

from textual.app import App, ComposeResult

from lashtui.widgets.tabs import Tab, TabStrip
from tests.tui.screen_text import screen_text

TABS = [
    Tab("build", "running"),
    Tab("review", "waiting"),
    Tab("docs", "ended", failed=True),
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
        "2 ‼ review waits",
        "3 ✗ docs failed",
        "4 ↻ far",
    ]


async def test_narrow_strip_keeps_every_tab() -> None:
    """Names get shorter; all numbers and marks stay in sight."""
    app = Host()
    async with app.run_test(size=(40, 5)) as pilot:
        tabs = [Tab(f"a-rather-long-name-{n}", "running") for n in range(8)]
        app.query_one(TabStrip).show_tabs(tabs, 7)
        await pilot.pause()
        line = screen_text(app).splitlines()[0]
    assert len(line) <= 40
    assert line.split() == [f"{n}●" for n in range(1, 9)]


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
