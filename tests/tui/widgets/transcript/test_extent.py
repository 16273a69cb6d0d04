"""Height, place and scrollbar follow the rows."""

from __future__ import annotations

from tests.tui.widgets.transcript.transcript_harness import StreamedView, prose, shown


async def test_textual_knows_the_height_and_the_place() -> None:
    """At the live end too; what comes below a held view moves the bar, not the view."""
    streamed = StreamedView([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        widget, bar = streamed.widget, streamed.widget.vertical_scrollbar
        total = widget.virtual_size.height
        assert total == widget._rows.total()
        assert widget.scroll_y == widget.scroll_target_y == total - 20
        assert (bar.window_virtual_size, bar.window_size) == (total, 20)
        widget.action_scroll_home()
        await pilot.pause()
        assert (widget.scroll_y, bar.position) == (0, 0)
        for _ in range(60):
            streamed.add("error", "one more")
        await pilot.pause()
        assert widget.virtual_size.height == widget._rows.total() > total + 60
        assert widget.scroll_y == 0
        # The bar is drawn again only where its thumb looks different.
        assert total < bar.window_virtual_size <= widget.virtual_size.height
