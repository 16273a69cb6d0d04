"""The queue panel."""

from __future__ import annotations

from lashd.session.view import QueueItem, ReadView
from lashtui.widgets.queue_panel import QueuePanel
from tests.tui.widgets.host import HostApp


async def test_items_in_their_order() -> None:
    """What comes next stands first; an item without a text is named by its id."""
    panel = QueuePanel()
    view = ReadView(
        "build",
        queue=[QueueItem("q1", text="first\nline", delivery="after this turn"), QueueItem("q2")],
    )
    async with HostApp(panel).run_test(size=(40, 20)):
        panel.show_view(view)
        assert panel.text == "QUEUE 2\n1 first line  after this turn\n2 q2"
        panel.show_view(ReadView("build"))
        assert panel.text == ""
