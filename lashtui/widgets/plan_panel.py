"""The plan panel: the agent's own list of what it means to do, where it has one."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from lashd.session.view import ReadView
from lashtui.sanitize import safe_line
from lashtui.widgets.panel import Panel

_DONE = ("completed", "done", "success")
_ACTIVE = ("in_progress", "running", "active")


class PlanPanel(Panel):
    """Items with a mark for done, doing, to do."""

    def show_view(self, view: ReadView | None) -> None:
        """Show the view's plan."""
        items = [_item(item) for item in (view.plan if view is not None else None) or []]
        done = [at for at, (_, status) in enumerate(items) if status in _DONE]
        now = next((at for at, (_, status) in enumerate(items) if status in _ACTIVE), None)
        live = view is not None and view.state in ("running", "waiting")
        self.show_rows(
            f"PLAN {len(done)}/{len(items)}",
            [_row(*item, live=live) for item in items],
            done=done,
            now=now,
        )


def plan_summary(view: ReadView) -> str:
    """`plan 2/5`; empty without a plan."""
    items = [_item(item) for item in view.plan or []]
    return f"plan {sum(s in _DONE for _, s in items)}/{len(items)}" if items else ""


def _item(item: Any) -> tuple[str, str]:
    if not isinstance(item, dict):
        return str(item), ""
    text = next((item[key] for key in ("content", "text", "title", "step") if item.get(key)), "")
    return str(text), str(item.get("status") or "")


def _row(text: str, status: str, *, live: bool) -> Content:
    """`live`: the agent is at it. Where it is not, an unfinished step is no live edge."""
    line = safe_line(text, 200)
    if status in _DONE:
        return Content.assemble(("✓ ", "$foreground 55%"), (line, "$foreground 55%"))
    if status in _ACTIVE:
        mark = "bold $accent" if live else "$foreground 55%"
        return Content.assemble(("▸ ", mark), (line, "bold" if live else ""))
    return Content.assemble(("· ", "$foreground 55%"), line)
