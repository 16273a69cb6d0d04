"""What is new since the reader left."""

from __future__ import annotations

from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.current import ReadingTranscript
from lashtui.widgets.transcript.unread import NewsTranscript
from tests.tui.widgets.transcript.transcript_harness import NOW, Story, lines, prose, shown


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


async def test_who_looks_away_comes_back_to_what_came_meanwhile() -> None:
    """More than a screen is held where he left; less is all in sight; a held view is his own."""
    told, widget = story(10)
    async with shown(told) as pilot:
        widget.hold_at_new()
        before = lines(pilot)[-1]
        widget.leave()
        for _ in range(2):
            told.add("user", "few")
        await pilot.pause()
        assert not widget.come_back()
        assert widget.at_live_end

        widget.leave()
        for n in range(30):
            told.add("user", f"many {n}")
        await pilot.pause()
        assert "many 29" in "".join(lines(pilot))
        assert widget.come_back()
        await pilot.pause()
        assert lines(pilot)[0].endswith("few")
        assert "many 0" in "".join(lines(pilot)[:4])
        assert widget.unseen == 30
        assert before

        widget.leave()  # held: nothing to come back to
        assert not widget.come_back()
        await pilot.press("end")
        assert widget.unseen == 0


async def test_a_message_that_went_on_meanwhile_is_held_where_it_was_left() -> None:
    """One that grew by more than a screen is news, too, though no entry began."""
    told, widget = story(3)
    async with shown(told) as pilot:
        widget.hold_at_new()
        entry = told.add("prose", "\n\n".join(f"line {n}" for n in range(10)))
        await pilot.pause()
        widget.leave()
        told.write(entry, "\n\n" + "\n\n".join(f"more {n}" for n in range(40)))
        await pilot.pause()
        assert widget.come_back()
        await pilot.pause()
        assert "line 9" in lines(pilot)[0]
        assert widget.unseen == 1
