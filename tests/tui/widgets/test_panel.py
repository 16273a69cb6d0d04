"""Panels in general."""

from __future__ import annotations

from textual.content import Content

from lashtui.widgets.panel import MAX_ROWS, Panel
from tests.tui.screen_text import screen_text
from tests.tui.widgets.host import HostApp


async def test_empty_panel_takes_no_room() -> None:
    """Nothing to show: not there."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)) as pilot:
        panel.show_rows("QUEUE 0", [])
        await pilot.pause()
        assert panel.size.height == 0
        assert panel.text == ""
        panel.show_rows("QUEUE 1", [Content("a")])
        await pilot.pause()
        assert panel.size.height == 2


async def test_rows_are_bounded() -> None:
    """Hundreds of rows don't become hundreds of painted lines; how many are left out is said."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)):
        panel.show_rows("QUEUE 100", [Content(str(n)) for n in range(100)])
        lines = panel.text.splitlines()
    assert len(lines) == MAX_ROWS + 2
    assert lines[-1] == "… 40 more"


async def test_further_lines_of_a_row_hang_and_none_is_cut() -> None:
    """A long row goes on under its text; the panel is as high as its lines, at any width."""
    panel = Panel()
    rows = [Content(f"● word{n} and some more words\nended") for n in range(3)]
    async with HostApp(panel).run_test(size=(60, 40)) as pilot:
        panel.show_rows("THINGS 3", rows)
        for width in (60, 20, 40, 16):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            lines = [line for line in screen_text(pilot.app).splitlines() if line.strip()]
            assert [line.strip() for line in panel.text.splitlines()] == [
                line.strip() for line in lines
            ]
            assert sum(line.strip() == "ended" for line in lines) == 3
            assert all(line[1] in "T●" or line.startswith("   ") for line in lines)


async def test_folded_panel_is_its_title() -> None:
    """By key or by a click on the title, and back; new rows don't unfold it."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)) as pilot:
        panel.show_rows("THINGS 1", [Content("a")])
        await pilot.pause()
        panel.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert panel.text == "THINGS 1 ▸"
        assert panel.size.height == 1
        panel.show_rows("THINGS 2", [Content("a"), Content("b")])
        await pilot.pause()
        assert panel.text == "THINGS 2 ▸"
        await pilot.click(".panel-title")
        await pilot.pause()
        assert panel.text == "THINGS 2\na\nb"
        assert panel.size.height == 3
