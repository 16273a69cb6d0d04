"""The counter of sessions."""

from __future__ import annotations

from lashtui.text.standing import Standing
from lashtui.widgets.fleet_counter import FleetCounter, counter_content, short_counter
from tests.tui.widgets.widget_app import HostApp

COUNTS: dict[Standing, int] = {"needs you": 2, "failed": 1, "quiet": 0, "working": 9, "done": 4}


def test_it_says_only_what_one_may_have_to_do_something_about() -> None:
    """In words, and in marks where cells are few; nothing if there is nothing."""
    assert counter_content(COUNTS).plain == "‼ 2 need you  ✗ 1 failed"
    assert short_counter(COUNTS).plain == "‼2 ✗1"
    assert counter_content({"done": 4}).plain == short_counter({"done": 4}).plain == ""


async def test_it_is_shorter_where_there_is_no_room() -> None:
    """By its own width."""
    counter = FleetCounter()
    app = HostApp(counter)
    async with app.run_test(size=(60, 5)) as pilot:
        counter.show_counter(COUNTS)
        await pilot.pause()
        assert counter.render().plain == counter.text == "‼ 2 need you  ✗ 1 failed"
        await pilot.resize_terminal(12, 5)
        await pilot.pause()
        assert counter.render().plain == "‼2 ✗1"
