"""The queue panel."""

from __future__ import annotations

from lashd.view import QueueItem, ReadView
from lashtui.feed.departures import Departure
from lashtui.widgets.panels.queue import QueuePanel
from tests.tui.widgets.widget_app import HostApp


async def test_items_in_their_order() -> None:
    """What comes next stands first; an item without a text is named by its id."""
    panel = QueuePanel()
    view = ReadView(
        "build",
        queue=[QueueItem("q1", text="first\nline", delivery="after this turn"), QueueItem("q2")],
    )
    async with HostApp(panel).run_test(size=(40, 20)):
        panel.show_view(view)
        assert panel.text == "QUEUE 2\n◇ first line  after this turn\n◇ q2  waits"
        panel.show_view(ReadView("build"))
        assert panel.text == ""


async def test_sent_now_is_told_from_what_waits() -> None:
    """Only while a turn runs can something go into it."""
    panel = QueuePanel()
    queue = [QueueItem("a", text="steer", delivery="earliest_safe_boundary"), QueueItem("b")]
    async with HostApp(panel).run_test(size=(60, 20)):
        panel.show_view(ReadView("build", state="running", queue=queue))
        assert panel.text == "QUEUE 2\n◆ steer  in this turn\n◇ b  waits"
        panel.show_view(ReadView("build", queue=queue))
        assert panel.text == "QUEUE 2\n◇ steer  earliest safe boundary\n◇ b  waits"


async def test_what_left_is_named_with_how() -> None:
    """Delivered and cancelled, by mark and word, also when nothing else is queued."""
    panel = QueuePanel()
    traces = [Departure("first\x1b[2J", "delivered", 9.0), Departure("second", "cancelled", 9.0)]
    async with HostApp(panel).run_test(size=(60, 20)):
        panel.show_view(ReadView("build"), traces)
        assert panel.text == "QUEUE\n✓ first  delivered\n⊘ second  cancelled"
        panel.show_view(ReadView("build"))
        assert panel.text == ""
