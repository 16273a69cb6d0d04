"""The plan panel."""

from __future__ import annotations

from typing import Literal

import pytest

from lashd.view import ReadView
from lashtui.widgets.panels.plan import PlanPanel, plan_summary
from tests.tui.widgets.widget_app import HostApp


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


@pytest.mark.parametrize("state", ["running", "waiting", "idle", "ended"])
async def test_only_a_step_that_is_worked_on_stands_out(
    state: Literal["running", "waiting", "idle", "ended"],
) -> None:
    """An unfinished step of a session that has ended is no live edge."""
    plan = [{"step": "write", "status": "in_progress"}]
    panel = PlanPanel()
    async with HostApp(panel).run_test(size=(40, 20)) as pilot:
        panel.show_view(ReadView("build", state=state, plan=plan))
        pilot.app.set_focus(None)
        await pilot.pause()
        spans = [str(span.style) for span in panel.render().spans]
    assert any("$working" in style for style in spans) is (state in ("running", "waiting"))
