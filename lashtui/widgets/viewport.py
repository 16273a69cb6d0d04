"""Where the view stands in the rows: at the live end, or held at a line. No widget.

`settle` is the one place that decides it: it draws the rows in view, so that their heights are
exact, and says which line is at the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from lashtui.widgets.transcript_list import RowList
    from lashtui.widgets.transcript_rows import Row, RowRenderer

WALKED_PAGES: Final = 3
"""A move of up to so many pages goes from line to line, so that nothing is jumped over; a longer
one goes by the estimates."""


class Place(msgspec.Struct, frozen=True):
    """Where a view was held."""

    key: str
    index: int
    line: int


class Viewport:
    """The part of the rows that is seen."""

    def __init__(self, rows: RowList, renderer: RowRenderer) -> None:
        """At the live end of `rows`."""
        self.rows = rows
        self._renderer = renderer
        self.height = 0
        self.following = True
        self.anchor: Row | None = None
        """The row that the top line belongs to, while held."""
        self.line = 0
        """Which of its lines that is."""

    def follow(self) -> None:
        """To the live end, and stay there."""
        self.following, self.anchor = True, None
        self.rows.unpin()

    def hold(self, index: int, line: int) -> None:
        """Keep line `line` of row `index` at the top."""
        self.following = False
        if index < len(self.rows):
            self.anchor, self.line = self.rows.rows[index], line

    def hold_at(self, top: int) -> None:
        """Keep what stands at line `top` there."""
        index = self.rows.find(top)
        self.hold(index, top - self.rows.start(index))

    def moved(self, before: int, after: int) -> None:
        """The reader moved the top from one line to another."""
        rows = self.rows
        if abs(after - before) > WALKED_PAGES * max(1, self.height):
            self.hold_at(after)
            return
        index = rows.find(before)
        self.hold(*rows.walk(index, before - rows.start(index), after - before))

    def place(self) -> Place | None:
        """Where the view is held; None at the live end."""
        if self.following or self.anchor is None:
            return None
        return Place(self.anchor.key, self.rows.index_of(self.anchor), self.line)

    def hold_place(self, place: Place) -> None:
        """Hold the view there again, though the rows may be others now."""
        row = self.rows.get(place.key)
        if row is not None:
            self.hold(self.rows.index_of(row), place.line)
        elif self.rows.rows:
            self.hold(min(place.index, len(self.rows) - 1), 0)

    def keep_open(self, row: Row) -> None:
        """Reasoning folds when it is over, but not under the eyes of a reader who holds it."""
        reasoning = row.entry is not None and row.entry.kind == "reasoning"
        if reasoning and row is self.anchor and row.unfolded is None and row.lines and row.folded:
            row.unfolded = True

    def leaving(self, row: Row) -> None:
        """A row goes: the one that takes its place is held instead."""
        if row is self.anchor:
            self.anchor, self.line = self.rows.neighbour(row), 0

    def resize(self, width: int, height: int) -> None:
        """Wrap anew for another width; what stands at the top stays there, as far in as it was."""
        self.height = height
        if width == self._renderer.width:
            return
        anchor = self.anchor
        share = self.line / max(1, anchor.height) if anchor is not None else 0.0
        self._renderer.forget_all()
        self._renderer.width = width
        self.rows.estimate_all()
        if anchor is not None:
            lines = self.rows.render(self.rows.index_of(anchor))
            self.line = max(0, min(lines - 1, round(share * lines)))

    def toggle(self, row: Row, top: int) -> None:
        """Fold or unfold `row` with `top` at the top: its first line stays where it is."""
        if self.following:
            self.hold_at(top)
        row.unfolded = row.folded
        self._renderer.forget(row)
        self.rows.render(self.rows.index_of(row))
        if row is self.anchor:
            self.line = min(self.line, row.lead)

    def settle(self) -> int:
        """Draw the rows in view; returns the line that belongs at the top."""
        rows, height, anchor = self.rows, max(1, self.height), self.anchor
        if self.following or anchor is None:
            rows.settle_upwards(len(rows), height)
            return max(0, rows.total() - height)
        index = rows.index_of(anchor)
        rows.render_held(index, self.line)
        self.line = min(self.line, max(0, anchor.height - 1))
        missing = rows.settle_downwards(index, self.line, height)
        if missing > 0:
            # The end came nearer: no emptiness is shown below it.
            index, line = rows.walk(index, self.line, -missing)
            self.hold(index, line)
        return max(0, min(rows.start(index) + self.line, rows.total() - height))
