"""The plan panel: the agent's own list of what it is going to do, if it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from lashd.view import ReadView
from lashtui.text.marks import STEP_MARKS
from lashtui.text.plan import plan_steps
from lashtui.text.sanitize import safe_line
from lashtui.theme import WORKING
from lashtui.widgets.panels.panel import Panel

if TYPE_CHECKING:
    from lashd.gist import Step


class PlanPanel(Panel):
    """Items with a mark for done, doing, to do."""

    def show_view(self, view: ReadView | None) -> None:
        """Show the view's plan."""
        steps = plan_steps(view)
        done = [at for at, (_, step) in enumerate(steps) if step == "done"]
        now = next((at for at, (_, step) in enumerate(steps) if step == "doing"), None)
        live = view is not None and view.state in ("running", "waiting")
        self.show_rows(
            f"PLAN {len(done)}/{len(steps)}",
            [_row(*step, live=live) for step in steps],
            done=done,
            now=now,
        )


def plan_summary(view: ReadView) -> str:
    """`plan 2/5`; empty without a plan."""
    steps = plan_steps(view)
    return f"plan {sum(step == 'done' for _, step in steps)}/{len(steps)}" if steps else ""


def _row(text: str, step: Step, *, live: bool) -> Content:
    """`live`: the agent is working. Otherwise an unfinished step doesn't stand out."""
    line, mark = safe_line(text, 200), f"{STEP_MARKS[step]} "
    if step == "done":
        return Content.assemble((mark, "$foreground 65%"), (line, "$foreground 65%"))
    if step == "doing":
        style = f"bold {WORKING}" if live else "$foreground 65%"
        return Content.assemble((mark, style), (line, "bold" if live else ""))
    return Content.assemble((mark, "$foreground 65%"), line)
