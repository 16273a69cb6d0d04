"""The selection of the transcript."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from lashtui.widgets.transcript.selection_anchor import SelectingTranscript
from tests.tui.widgets.transcript.transcript_harness import NOW, Story, lines, prose, shown


def story() -> Story:
    told = Story([prose(n) for n in range(30)])
    told.widget = SelectingTranscript(now_ms=lambda: NOW)
    return told


async def test_two_clicks_select_a_word_three_a_line() -> None:
    """Never the whole transcript."""
    told = story()
    async with shown(told) as pilot:
        y = next(n for n, line in enumerate(lines(pilot)) if "message 29" in line)
        line = lines(pilot)[y]
        place = (line.index("message") + 2, y)
        await pilot.click(SelectingTranscript, offset=place, times=2)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        await pilot.click(SelectingTranscript, offset=place, times=3)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == line.strip()


async def test_the_selection_stays_on_its_text() -> None:
    """When rows above it go; and is cleared when its own goes."""
    told = story()
    async with shown(told) as pilot:
        widget = told.widget
        y = next(n for n, line in enumerate(lines(pilot)) if "message 29" in line)
        at = widget.scroll_offset.y + y
        pilot.app.screen.selections = {widget: Selection(Offset(3, at), Offset(10, at))}
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        told.drop(10)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        told.drop(20)
        await pilot.pause()
        assert not pilot.app.screen.get_selected_text()
