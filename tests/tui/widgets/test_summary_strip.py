"""The strip."""

from __future__ import annotations

from lashd.view import Process, QueueItem, ReadView
from lashtui.widgets.summary_strip import SummaryStrip
from tests.tui.widgets.widget_app import HostApp


async def test_side_panels_in_one_line() -> None:
    """Queue, processes, plan; nothing at all when there is nothing."""
    strip = SummaryStrip()
    view = ReadView(
        "build",
        queue=[QueueItem("q")],
        processes=[Process("p", label="make"), Process("f", state="failed")],
        plan=["a"],
    )
    async with HostApp(strip).run_test(size=(80, 3)):
        strip.show_view(ReadView("build"))
        assert strip.text == ""
        assert strip.has_class("-empty")
        strip.show_view(view)
        assert strip.text == "queue 1  ·  ● make  ✗ 1 failed  ·  plan 0/1"
        assert not strip.has_class("-empty")
