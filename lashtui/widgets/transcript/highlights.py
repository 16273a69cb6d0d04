"""The matches of a search: which one the reader is at, and bringing it into view. No widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.widgets.transcript.row_matches import RowMatches, Span, Spot

if TYPE_CHECKING:
    from lashtui.reading.search import Match, Query
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList
    from lashtui.widgets.transcript.viewport import Viewport


class Highlights:
    """The query that is looked for, and its present match."""

    def __init__(self, rows: RowList, viewport: Viewport) -> None:
        """In `rows`, as seen through `viewport`."""
        self._rows = rows
        self._viewport = viewport
        self._matches = RowMatches()
        self._match: Match | None = None
        self._unfolded: str | None = None
        """Id of the entry that the search unfolded, to be folded again when it moves on."""

    @property
    def is_active(self) -> bool:
        """Whether something is looked for."""
        return self._matches.query is not None

    def search(self, query: Query | None) -> None:
        """Look for `query` from now on; None ends the search, and what it unfolded stays so."""
        self._matches.query = query if query is not None and query.pattern is not None else None
        self._match = None
        if query is None:
            self._unfolded = None

    def show(self, match: Match, total: int) -> bool:
        """Bring `match` into view, unfolding its entry if necessary (`total`: matches in it).

        False if it can't be drawn, being behind what an unfolded entry shows. If its entry is
        shown at all, that is brought into view all the same.
        """
        rows, viewport = self._rows, self._viewport
        row = rows.get_shown(match.key)
        if row is None or not self.is_active:
            return False
        if self._unfolded != match.key:
            self.fold_again()
        self._match = match
        index = rows.index_of(row)
        rows.render(index)
        spot = self._matches.spot(row, match, total)
        if spot is None and row.folded:
            self._unfolded = match.key
            viewport.toggle(row)
            rows.render(index)
            spot = self._matches.spot(row, match, total)
        line = row.lead + (spot[0] if spot is not None else max(0, row.height - row.lead - 1))
        top = viewport.settle()
        at = rows.start(index) + line
        if viewport.following or not top <= at < top + viewport.height:
            viewport.go_to(*rows.walk(index, line, -(viewport.height // 3)))
        return spot is not None

    def spans(self, row: Row) -> dict[int, list[Span]]:
        """What to highlight in a rendered row, by line (without the lead)."""
        return self._matches.by_line(row) if self.is_active else {}

    def present(self, row: Row) -> Spot | None:
        """Where the present match is drawn, if it is in `row`."""
        match = self._match
        if match is None or match.key != row.key:
            return None
        return self._matches.spot(row, match, len(self._matches.spots(row)))

    def fold_again(self) -> None:
        """Fold what the search has unfolded, if the reader has not."""
        row = self._rows.get_shown(self._unfolded)
        self._unfolded = None
        if row is not None and row.unfolded:
            self._viewport.toggle(row)
            row.unfolded = None
