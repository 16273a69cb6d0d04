"""The search's line and the filter's."""

from __future__ import annotations

from lashtui.widgets.search_bar import FilterLine, SearchBar
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


async def test_takes_room_only_while_it_is_open() -> None:
    """Opened it has the focus, and what is typed; markup in it is text."""
    bar = SearchBar()
    async with HostApp(bar).run_test(size=(40, 4)) as pilot:
        assert screen_text(pilot.app).strip() == ""
        bar.open()
        await pilot.press(*"[b]x")
        bar.show_count("[red]3 of 17")
        await pilot.pause()
        assert bar.query_text == "[b]x"
        assert "/ [b]x" in screen_text(pilot.app)
        assert "[red]3 of 17" in screen_text(pilot.app)
        bar.close()
        await pilot.pause()
        assert screen_text(pilot.app).strip() == ""


async def test_the_filter_is_told_in_a_line() -> None:
    """And in none without one."""
    line = FilterLine()
    async with HostApp(line).run_test(size=(80, 4)) as pilot:
        line.show_filter("only prose", 3, 1234)
        await pilot.pause()
        assert "3 of 1,234 entries · only prose · f to change" in screen_text(pilot.app)
        await pilot.resize_terminal(30, 4)
        await pilot.pause()
        assert screen_text(pilot.app).strip() == "3 of 1,234 entries · only p…"
        await pilot.resize_terminal(80, 4)
        line.show_filter("", 0, 0)
        await pilot.pause()
        assert screen_text(pilot.app).strip() == ""
