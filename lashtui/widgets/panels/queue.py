"""The queue panel: messages for the agent, in their order, and what has just left the queue."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from lashd.view import QueueItem, ReadView
from lashtui.feed.departures import Departure
from lashtui.text.sanitize import safe_line
from lashtui.theme import WORKING
from lashtui.widgets.panels.panel import Panel

MAX_TEXT = 300
"""Characters of a queued message: enough to wrap over a few lines of a side bar."""
NOW = frozenset({"earliest_safe_boundary", "this_turn", "in_turn", "now", "immediate", "steer"})
"""What agents call deliveries that don't wait for the turn's end."""
DEPARTURE_MARKS = {"delivered": "✓", "cancelled": "⊘"}


class QueuePanel(Panel):
    """What goes into this turn, what waits, and for a few seconds what has left."""

    def show_view(self, view: ReadView | None, departures: Sequence[Departure] = ()) -> None:
        """Show the view's queue."""
        queue = view.queue if view is not None else []
        running = view is not None and view.state in ("running", "waiting")
        rows = [_departure(each) for each in departures]
        rows += [_row(item, running=running) for item in queue]
        self.show_rows(f"QUEUE {len(queue)}" if queue else "QUEUE", rows)


def goes_now(item: QueueItem, *, running: bool) -> bool:
    """Whether the item is sent in the current turn."""
    word = (item.delivery or "").strip().lower().replace(" ", "_").replace("-", "_")
    return running and word in NOW


def _row(item: QueueItem, *, running: bool) -> Content:
    text = safe_line(item.text or item.batch_id, MAX_TEXT)
    if goes_now(item, running=running):
        return Content.assemble(("◆ ", WORKING), text, ("  in this turn", "$foreground 65%"))
    waits = safe_line((item.delivery or "waits").replace("_", " "), 30)
    return Content.assemble(("◇ ", "$foreground 65%"), text, (f"  {waits}", "$foreground 65%"))


def _departure(left: Departure) -> Content:
    text = f"{DEPARTURE_MARKS.get(left.how, '·')} {safe_line(left.text, MAX_TEXT)}  {left.how}"
    return Content.styled(text, "$foreground 65%")
