"""The plan panel: the agent's own list of what it means to do, where it has one."""

from __future__ import annotations

from textual.content import Content

from lashd.session.view import ReadView
from lashtui.sanitize import safe_line
from lashtui.widgets.panel import Panel
from lashtui.words import PLAN_ACTIVE, PLAN_DONE, plan_item


class PlanPanel(Panel):
    """Items with a mark for done, doing, to do."""

    def show_view(self, view: ReadView | None) -> None:
        """Show the view's plan."""
        items = [plan_item(item) for item in (view.plan if view is not None else None) or []]
        done = [at for at, (_, status) in enumerate(items) if status in PLAN_DONE]
        now = next((at for at, (_, status) in enumerate(items) if status in PLAN_ACTIVE), None)
        live = view is not None and view.state in ("running", "waiting")
        self.show_rows(
            f"PLAN {len(done)}/{len(items)}",
            [_row(*item, live=live) for item in items],
            done=done,
            now=now,
        )


def plan_summary(view: ReadView) -> str:
    """`plan 2/5`; empty without a plan."""
    items = [plan_item(item) for item in view.plan or []]
    return f"plan {sum(s in PLAN_DONE for _, s in items)}/{len(items)}" if items else ""


def _row(text: str, status: str, *, live: bool) -> Content:
    """`live`: the agent is at it. Where it is not, an unfinished step is no live edge."""
    line = safe_line(text, 200)
    if status in PLAN_DONE:
        return Content.assemble(("✓ ", "$foreground 55%"), (line, "$foreground 55%"))
    if status in PLAN_ACTIVE:
        mark = "bold $accent" if live else "$foreground 55%"
        return Content.assemble(("▸ ", mark), (line, "bold" if live else ""))
    return Content.assemble(("· ", "$foreground 55%"), line)
