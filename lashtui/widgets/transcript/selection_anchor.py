"""Keeps a selection on its text, by the row that it begins in.

A selection is in lines of the whole transcript. Rows above it come, go, or turn out to be higher
than estimated; then it must move by as many lines as its row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.selection import Selection

if TYPE_CHECKING:
    from textual.widget import Widget

    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList


class SelectionAnchor:
    """The row that a selection begins in."""

    def __init__(self, rows: RowList) -> None:
        """In `rows`; nothing is selected."""
        self._rows = rows
        self._row: Row | None = None
        self._start = 0

    @property
    def is_set(self) -> bool:
        """Whether a selection is anchored."""
        return self._row is not None

    def set(self, selection: Selection | None) -> None:
        """Anchor `selection` at its first line; None, or one without a beginning, removes it."""
        start = selection.start if selection is not None else None
        index = self._rows.find(start.y) if start is not None else len(self._rows)
        self._row = None
        if index < len(self._rows):
            self._row, self._start = self._rows.rows[index], self._rows.start(index)

    def follow(self, selection: Selection | None) -> Selection | None:
        """`selection` where its text is now, the same object if it has not moved; None: it is gone.

        A row that is gone, or hidden by the filter, takes its selection with it.
        """
        row = self._row
        if row is None or not self._rows.contains(row):
            selection = None
        if row is None or selection is None or selection.start is None:
            self._row = None
            return None
        start = self._rows.start(self._rows.index_of(row))
        by, self._start = Offset(0, start - self._start), start
        if not by:
            return selection
        end = selection.end + by if selection.end is not None else None
        return Selection(selection.start + by, end)

    def keep(self, view: Widget) -> None:
        """Move what is selected in `view` to where its text is now, or end it."""
        if not self.is_set:
            return
        selection = view.text_selection
        moved = self.follow(selection)
        if moved is not None and moved is not selection:
            view.screen.selections = {**view.screen.selections, view: moved}
        elif moved is None and selection is not None:
            view.screen.clear_selection()
