"""The strip: the side panels in one line, for a terminal too narrow for them."""

from __future__ import annotations

from textual.content import Content

from lashd.view import ReadView
from lashtui.text.sanitize import safe_line
from lashtui.widgets.line import TwoEndedLine
from lashtui.widgets.panels.plan import plan_summary


class SummaryStrip(TwoEndedLine):
    """Counts of queue, processes and plan. `has_content` says whether it is worth a row."""

    has_content = False

    def show_view(self, view: ReadView | None) -> None:
        """Show the view's side state."""
        parts = [] if view is None else [text for text in _parts(view) if text]
        self.has_content = bool(parts)
        self.set_class(not parts, "-empty")
        self.show_ends(Content.styled("  ·  ".join(parts), "$foreground 70%"), Content(""))


def _parts(view: ReadView) -> list[str]:
    states = [process.state for process in view.processes]
    running = [process for process in view.processes if process.state == "running"]
    processes = []
    if running:
        first = safe_line(running[0].label or running[0].process_id, 24)
        processes.append(f"● {first}" if len(running) == 1 else f"● {len(running)} running")
    if states.count("failed"):
        processes.append(f"✗ {states.count('failed')} failed")
    return [
        f"queue {len(view.queue)}" if view.queue else "",
        "  ".join(processes),
        plan_summary(view),
    ]
