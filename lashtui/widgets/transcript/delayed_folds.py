"""Reasoning folds when it has ended, but not in front of the reader: once it is out of view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList


class DelayedFolds:
    """Rows of reasoning that are kept unfolded until they are above the view."""

    def __init__(self, rows: RowList) -> None:
        """For `rows`."""
        self._rows = rows
        self._waiting: list[Row] = []

    def delay(self, row: Row) -> None:
        """Keep `row` unfolded if it is reasoning that has just ended where it may be in view."""
        if (
            row.is_reasoning
            and not row.hidden
            and row.unfolded is None
            and row.lines
            and row.folded
        ):
            self._keep_unfolded(row)

    def unfolded_ids(self) -> set[str]:
        """Ids of reasoning that is unfolded now, though the reader did not choose it."""
        waiting = {row.key for row in self._waiting if row.unfolded}
        live = (row for row in self._rows.renderer.drawn() if row.is_reasoning)
        return waiting | {row.key for row in live if row.unfolded is None and not row.folded}

    def restart(self, ids: Iterable[str]) -> None:
        """Keep the entries with these ids unfolded, in the rows that they have now."""
        self._waiting = []
        for key in ids:
            row = self._rows.get_shown(key)
            if row is not None:
                row.unfolded = None
                if row.folded:
                    self._keep_unfolded(row)

    def fold_above(self, index: int) -> None:
        """Fold those that stand above row `index`, the first one in view."""
        waiting = []
        for row in self._waiting:
            if not self._rows.contains(row):
                row.unfolded = None
            elif self._rows.index_of(row) >= index:
                waiting.append(row)
            elif row.unfolded:  # else the reader has folded it
                row.unfolded = None
                self._rows.invalidate(row)
        self._waiting = waiting

    def _keep_unfolded(self, row: Row) -> None:
        row.unfolded = True
        self._waiting.append(row)
