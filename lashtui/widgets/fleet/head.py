"""The row of titles above the table."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from lashtui.feed.fleet.order import SortBy
from lashtui.render.fit import fit
from lashtui.widgets.fleet.columns import BAR, column_title, columns


class FleetHead(Widget):
    """The columns' titles; the one that the sessions are sorted by is marked."""

    DEFAULT_CSS = """
    FleetHead { height: 1; color: $foreground 65%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._sort_by: SortBy = "urgency"

    def show_sort(self, sort_by: SortBy) -> None:
        """Mark the column of this order."""
        if sort_by != self._sort_by:
            self._sort_by = sort_by
            self.refresh()

    def render(self) -> Content:
        """The titles at the current width: the table beside a scrollbar has one cell less."""
        parts = [" " * BAR]
        for column in columns(self.content_size.width - 1):
            title = fit(column_title(column, self._sort_by), column.width, right=column.right)
            parts.append(" " * column.gap + title)
        return Content("".join(parts))
