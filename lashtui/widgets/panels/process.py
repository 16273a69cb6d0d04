"""The process panel: what runs beside the agent, and how what has ended did."""

from __future__ import annotations

from textual.content import Content

from lashd.view import Process, ReadView
from lashtui.text.duration import duration_clock
from lashtui.text.marks import PROCESS_MARKS
from lashtui.text.sanitize import safe_line
from lashtui.theme import FAILED, WORKING
from lashtui.widgets.panels.panel import Panel

STYLES = {
    "running": WORKING,
    "exited": "$foreground 70%",
    "failed": FAILED,
    "cancelled": "$foreground 65%",
}


class ProcessPanel(Panel):
    """Running processes first, then the ended ones, the newest first."""

    def show_view(self, view: ReadView | None, now_ms: int) -> None:
        """Show the view's processes at `now_ms` (Unix milliseconds)."""
        processes = view.processes if view is not None else []
        running = [process for process in processes if process.state == "running"]
        ended = [process for process in reversed(processes) if process.state != "running"]
        title = f"PROCESSES {len(running)} running" if running else f"PROCESSES {len(ended)} ended"
        self.show_rows(title, [_row(process, now_ms) for process in running + ended])


def _row(process: Process, now_ms: int) -> Content:
    style = STYLES[process.state]
    label = safe_line(process.label or process.process_id, 200)
    end = process.ended_at if process.ended_at is not None else now_ms
    took = duration_clock((end - process.started_at) / 1000) if process.started_at else ""
    how: str = process.state
    if process.signal:
        how = f"{how}, {safe_line(process.signal, 20)}"
    elif process.exit_code:
        how = f"{how}, exit {process.exit_code}"
    last = (process.output or "").rstrip().rpartition("\n")[2]
    return Content.assemble(
        (f"{PROCESS_MARKS[process.state]} ", style),
        label,
        (
            f"\n{how}" + (f" · {took}" if took else ""),
            style if process.state == "failed" else "$foreground 65%",
        ),
        (f"\n{safe_line(last, 200)}", "$foreground 65%") if last else "",
    )
