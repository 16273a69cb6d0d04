"""The banner."""

from __future__ import annotations

from lashtui.feed.gaps import GapFacts
from lashtui.widgets.banner import Banner
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


async def test_banner_takes_no_room_until_there_is_a_gap() -> None:
    """Hidden, shown with the sentence, hidden again."""
    banner = Banner()
    async with HostApp(banner).run_test(size=(80, 5)) as pilot:
        assert banner.size.height == 0
        banner.show_gap(GapFacts("trimmed", 1310, complete=True))
        await pilot.pause()
        assert "1,310 events can't be replayed; transcript complete" in screen_text(pilot.app)
        assert banner.text.startswith("history trimmed")
        banner.show_gap(None)
        await pilot.pause()
        assert "trimmed" not in screen_text(pilot.app)
        assert banner.text == ""


async def test_banner_wraps_where_it_is_narrow() -> None:
    """At 40 columns the whole sentence is still there."""
    banner = Banner()
    async with HostApp(banner).run_test(size=(40, 8)) as pilot:
        banner.show_gap(GapFacts("trimmed", 1310, complete=True))
        await pilot.pause()
        words = " ".join(screen_text(pilot.app).split())
    assert "1,310 events can't be replayed; transcript complete" in words
