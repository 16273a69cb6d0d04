"""Panels in general."""

from __future__ import annotations

from textual.content import Content

from lashtui.widgets.panel import MAX_ROWS, Panel
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
