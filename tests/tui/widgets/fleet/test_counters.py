"""The line above the fleet."""

from __future__ import annotations

from textual.app import App

from lashtui.feed.fleet.rows import Totals
from lashtui.text.standing import Standing
from lashtui.widgets.fleet.counters import FleetCounters
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp

COUNTS: dict[Standing, int] = {"needs you": 3, "failed": 1, "working": 12, "done": 0}


async def line(width: int, counts: dict[Standing, int], totals: Totals) -> str:
    """What is shown at this width."""
    counters = FleetCounters()
    app: App[None] = HostApp(counters)
    async with app.run_test(size=(width, 3)) as pilot:
        counters.show_counts(counts, totals)
        await pilot.pause()
        return screen_text(app).splitlines()[0]


async def test_only_what_there_is() -> None:
    """How many stand where on the left, what they have used on the right."""
    shown = await line(100, COUNTS, Totals(1_200_000, 96_000, 4.1))
    assert shown.startswith(" ‼ 3 need you  ✗ 1 failed  ● 12 working     ")
    assert shown.endswith("in 1.2M  out 96.0k  $4.10")
    assert (await line(50, COUNTS, Totals(1_200_000, 96_000, 4.1))).endswith("$4.10")
    assert await line(50, {"needs you": 1}, Totals()) == " ‼ 1 needs you"
    narrow: dict[Standing, int] = {**COUNTS, "quiet": 2}
    assert await line(39, narrow, Totals()) == " ‼ 3 need you  ✗ 1  ⏱ 2  ● 12"
    assert await line(50, {}, Totals()) == " lashtui"
