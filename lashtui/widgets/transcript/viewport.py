"""Where the view stands in the rows: at the live end, or held at a line. No widget.

`settle` is the one place that decides it: it draws the rows in view, so that their heights are
exact, and says which line is at the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.look import Line, line_text

if TYPE_CHECKING:
    from lashtui.widgets.transcript.row import Row, RowRenderer
    from lashtui.widgets.transcript.rows import RowList

WALKED_PAGES: Final = 3
"""A move of up to so many pages goes from line to line, so that nothing is jumped over; a longer
one goes by the estimates."""


class Place(msgspec.Struct, frozen=True):
    """Where a view was held."""

    key: str
    index: int
    line: int
    """Which line of the row, not counting the blank ones above it: those may be others later."""


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
        self._lead = 0
        """The anchor's blank lines above when `line` was counted."""
        self._moved = False
        """The reader moved since the last `settle`: then the end leaves no emptiness below."""
        self._folding: list[Row] = []
        """Reasoning that is over and to be folded when nobody sees it."""
        self._before: int | None = None
        """Characters of the anchor above the top line, kept from one resize to the next: lines
        begin elsewhere at each width, and counting anew each time would drift."""

    def follow(self) -> None:
        """To the live end, and stay there."""
        self.following, self.anchor = True, None
        self.rows.unpin()

    def hold(self, index: int, line: int) -> None:
        """Keep line `line` of row `index` at the top."""
        self.following = False
        if index < len(self.rows):
            self.anchor, self.line = self.rows.rows[index], line
            self._lead, self._moved, self._before = self.anchor.lead, True, None

    def hold_at(self, top: int) -> None:
        """Keep what stands at line `top` there."""
        index = self.rows.find(top)
        self.hold(index, top - self.rows.start(index))

    def moved(self, before: int, after: int, *, to_end: bool = False) -> None:
        """The reader moved the top from one line to another. Once he sees the end, he follows.

        `to_end`: as far as the scrollbar goes, which stands on estimates.
        """
        rows, down = self.rows, after > before
        if abs(after - before) <= WALKED_PAGES * max(1, self.height):
            index = rows.find(before)
            self.hold(*rows.walk(index, before - rows.start(index), after - before))
        elif to_end and down:
            self.follow()
        else:
            self.hold_at(after)
        if down and self.anchor is not None and self.settle() + self.height >= rows.total():
            self.follow()

    def place(self) -> Place | None:
        """Where the view is held; None at the live end."""
        if self.following or self.anchor is None:
            return None
        line = self.line - self._lead
        return Place(self.anchor.key, self.rows.index_of(self.anchor), line)

    def hold_place(self, place: Place) -> None:
        """Hold the view there again, though the rows may be others now."""
        row = self.rows.get(place.key)
        if row is not None and not row.hidden:
            self.hold(self.rows.index_of(row), max(0, place.line + row.lead))
            self._moved = False
        elif self.rows.rows:
            self.hold(min(place.index, len(self.rows) - 1), 0)

    def keep_open(self, row: Row) -> None:
        """Reasoning folds when it is over, but not under anybody's eyes: once it is out of view."""
        reasoning = row.entry is not None and row.entry.kind == "reasoning"
        if reasoning and not row.hidden and row.unfolded is None and row.lines and row.folded:
            row.unfolded = True
            self._folding.append(row)

    def kept_open(self) -> set[str]:
        """Reasoning that stands open before the reader's eyes, though he did not choose it."""
        kept = {row.key for row in self._folding if row.unfolded}
        live = (row for row in self.rows.drawn() if row.unfolded is None and not row.folded)
        return kept | {row.key for row in live if row.entry and row.entry.kind == "reasoning"}

    def keep_open_still(self, keys: set[str]) -> None:
        """The same entries have other rows now."""
        self._folding = []
        for key in keys:
            row = self.rows.get(key)
            if row is not None and not row.hidden:
                row.unfolded = None
                if row.folded:
                    row.unfolded = True
                    self._folding.append(row)

    def _fold_above(self, index: int) -> None:
        """Fold what is over and stands above the row at `index`, the first in view."""
        kept = []
        for row in self._folding:
            if row.hidden or self.rows.get(row.key) is not row:
                row.unfolded = None
            elif self.rows.index_of(row) >= index:
                kept.append(row)
            elif row.unfolded:  # else the reader has folded it himself
                row.unfolded = None
                self.rows.redo(row)
        self._folding = kept

    def leaving(self, row: Row) -> None:
        """A row goes: the one that takes its place is held instead."""
        if row is self.anchor:
            self.anchor, self.line, self._before = self.rows.neighbour(row), 0, None
            self._lead = self.anchor.lead if self.anchor is not None else 0

    def resize(self, width: int, height: int) -> None:
        """Wrap anew for another width; the character that stands at the top stays there."""
        self.height = height
        if width == self._renderer.width:
            return
        anchor = self.anchor
        inside = self.line - anchor.lead if anchor is not None else 0
        if anchor is not None and self._before is None:
            self._before = _marks((anchor.lines or [])[: max(0, inside)])
        self._renderer.forget_all()
        self._renderer.width = width
        self.rows.estimate_all()
        if anchor is not None:
            self.rows.render(self.rows.index_of(anchor))
            self._moved = True
            if inside > 0:
                self.line = anchor.lead + _line_at(anchor.lines or [], self._before or 0)

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
            first = rows.settle_upwards(len(rows), height)
            if self._folding:
                self._fold_above(first)
            return max(0, rows.total() - height)
        index = rows.index_of(anchor)
        self.line, self._lead = max(0, self.line + anchor.lead - self._lead), anchor.lead
        rows.render_held(index, self.line)
        self.line = min(self.line, max(0, anchor.height - 1))
        missing = rows.settle_downwards(index, self.line, height)
        if missing > 0 and self._moved:
            # The reader went to the end: no emptiness is shown below it.
            index, line = rows.walk(index, self.line, -missing)
            self.hold(index, line)
        self._moved = False
        return max(0, rows.start(index) + self.line)

    @property
    def total(self) -> int:
        """All lines, and what is empty below them where the end came nearer while held."""
        total = self.rows.total()
        if self.following or self.anchor is None:
            return total
        top = self.rows.start(self.rows.index_of(self.anchor)) + self.line
        return max(total, top + self.height)


def _marks(lines: Sequence[Line]) -> int:
    """Characters that wrapping neither adds nor takes away."""
    return sum(len("".join(line_text(line).split()).replace("─", "")) for line in lines)


def _line_at(lines: Sequence[Line], count: int) -> int:
    """The line in which the character after `count` others stands."""
    seen = 0
    for number, line in enumerate(lines):
        seen += _marks([line])
        if seen > count:
            return number
    return max(0, len(lines) - 1)
