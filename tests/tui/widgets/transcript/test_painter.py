"""What is in view, with what the reader's tools mark over it."""

from __future__ import annotations

from textual.geometry import Offset, Region
from textual.selection import Selection

from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, prose, shown


async def test_a_part_of_the_screen_is_drawn_as_the_whole_is() -> None:
    """With mark and selection, cut where it ends."""
    streamed = StreamedView([prose(n) for n in range(9)])
    async with shown(streamed) as pilot:
        widget = streamed.widget
        widget.move_current(-1)
        top = widget.scroll_offset.y
        pilot.app.screen.selections = {widget: Selection(Offset(4, top + 3), Offset(9, top + 5))}
        await pilot.pause()
        whole = widget.draw_lines(Region(0, 0, 59, 20))
        assert [strip.text.rstrip() for strip in whole] == lines(pilot)
        part = widget.draw_lines(Region(2, 3, 30, 4))
        assert [list(strip) for strip in part] == [list(s.crop(2, 32)) for s in whole[3:7]]
        chosen = pilot.app.screen.get_component_rich_style("screen--selection").bgcolor
        assert any(style and style.bgcolor == chosen for _, style, _ in part[0])
