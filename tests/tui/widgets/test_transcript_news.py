"""What is new since the reader left."""

from __future__ import annotations

from lashtui.render.entry import Divider
from lashtui.widgets.transcript_news import NewsTranscript
from lashtui.widgets.transcript_reading import ReadingTranscript
from tests.tui.widgets.transcripts import NOW, Story, lines, prose, shown


def story(count: int) -> tuple[Story, NewsTranscript]:
    """So many messages, in a transcript that knows what is new."""
    told = Story([prose(number) for number in range(count)])
    widget = ReadingTranscript(now_ms=lambda: NOW)
    told.widget = widget
    return told, widget


async def test_more_than_a_screen_is_held_at_its_beginning() -> None:
    """With a line of what was read before, and counted; whoever scrolls on has been there."""
    told, widget = story(40)
    async with shown(told, dividers=[Divider("new", "new since you left", 9)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert "new since" in "".join(lines(pilot)[:3])
        assert not widget.following
        assert not widget.at_live_end
        assert widget.unseen == 30
        assert not widget.been_at_new
        await pilot.press("pagedown")
        assert widget.been_at_new


async def test_what_is_all_in_sight_is_followed() -> None:
    """And need not be told of any more."""
    told, widget = story(40)
    async with shown(told, dividers=[Divider("new", "new since you left", 38)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert widget.at_live_end
        assert widget.been_at_new
