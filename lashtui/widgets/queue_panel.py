"""The queue panel: work that waits for the agent, in its order."""

from __future__ import annotations

from textual.content import Content

from lashd.session.view import QueueItem, ReadView
from lashtui.sanitize import safe_line
from lashtui.widgets.panel import Panel

MAX_TEXT = 300
"""Characters of a queued message: enough to wrap over a few lines of a side bar."""


class QueuePanel(Panel):
    """What the agent is told next."""

    def show_view(self, view: ReadView | None) -> None:
        """Show the view's queue."""
        queue = view.queue if view is not None else []
        self.show_rows(f"QUEUE {len(queue)}", [_row(item, i) for i, item in enumerate(queue, 1)])


def _row(item: QueueItem, number: int) -> Content:
    text = safe_line(item.text or item.batch_id, MAX_TEXT)
    parts: list[tuple[str, str] | str] = [(f"{number} ", "$foreground 55%"), text]
    if item.delivery:
        parts.append((f"  {safe_line(item.delivery, 20)}", "$foreground 55%"))
    return Content.assemble(*parts)
