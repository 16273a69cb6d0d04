"""The plan panel."""

from __future__ import annotations

from lashd.session.view import ReadView
from lashtui.widgets.plan_panel import PlanPanel, plan_summary
from tests.tui.widgets.host import HostApp


async def test_items_with_marks() -> None:
    """Done, doing, to do; agents' different words for them, and items that are bare text."""
    plan = [
        {"content": "read", "status": "completed"},
        {"step": "write", "status": "in_progress"},
        "rest",
        {"status": "pending"},
    ]
    view = ReadView("build", plan=plan)
    panel = PlanPanel()
    async with HostApp(panel).run_test(size=(40, 20)):
        panel.show_view(view)
        assert panel.text.splitlines() == ["PLAN 1/4", "✓ read", "▸ write", "· rest", "· "]
    assert plan_summary(view) == "plan 1/4"
    assert plan_summary(ReadView("build")) == ""
