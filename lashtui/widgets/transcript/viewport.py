"""Where the view stands in the rows: at the live end, or held at a line. No widget.

`settle` is the one place that decides it: it renders the rows in view, so that their heights are
exact, and returns the line that belongs at the top. Between two calls the rows may change in any
way. A held view is held at a line of a row, not at a number of lines, so it does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.styles import Line, line_text
from lashtui.widgets.transcript.delayed_folds import DelayedFolds

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.feed.divider import Divider
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList

WALKED_PAGES: Final = 3
"""Pages up to which a move goes from line to line, so that nothing is skipped; a longer one goes by
the estimates."""


class HeldPlace(msgspec.Struct, frozen=True):
    """Where a view was held."""

    key: str
    """Id of the entry at the top."""
    index: int
    """Index of its row: the next best place if the entry is gone."""
    line: int
    """Which line of the row, not counting the blank ones above it: their number may change."""


class Viewport:
    """The part of the rows that is seen."""

    def __init__(self, rows: RowList) -> None:
        """At the live end of `rows`."""
        self.rows = rows
        self.delayed_folds = DelayedFolds(rows)
        self.height = 0
        """Lines that are seen."""
        self.top = 0
        """The line at the top when the view was last settled."""
        self.tail = 0
        """Lines that stand behind the last row and belong to none."""
        self.following = True
        """Whether the view stays at the live end."""
        self._anchor: Row | None = None
        """The row that the top line belongs to, while held."""
        self._line = 0
        """Which of its lines that is."""
        self._lead = 0
        """The anchor's blank lines above when `_line` was counted."""
        self._fills = False
        """The reader moved since the last `settle`: the view then ends with the last line."""
        self._chars_above: int | None = None
        """Characters of the anchor above the top line, kept from one resize to the next: lines
        begin elsewhere at each width, and counting again each time would drift."""

    # -- what is in view -------------------------------------------------------------------------

    @property
    def indices(self) -> range:
        """Indices of the rows in view."""
        rows = self.rows
        return range(rows.find(self.top), min(self._last_index() + 1, len(rows)))

    def reaches(self, index: int) -> bool:
        """Whether a change of the rows from `index` on can be seen."""
        return self.following or index <= self._last_index()

    def contains(self, row: Row) -> bool:
        """Whether some line of a shown row is in view."""
        start = self.rows.start(self.rows.index_of(row))
        return start < self.top + self.height and start + row.height > self.top

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in view."""
        return self.top + self.height >= self._end

    @property
    def total(self) -> int:
        """All lines, and the empty ones below if the end came nearer while the view was held."""
        total = self._end
        if self.following or self._anchor is None:
            return total
        top = self.rows.start(self.rows.index_of(self._anchor)) + self._line
        return max(total, top + self.height)

    @property
    def _end(self) -> int:
        """The lines of all rows, and those behind them."""
        return self.rows.total() + self.tail

    def _last_index(self) -> int:
        return self.rows.find(self.top + self.height)

    # -- moving ----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Go to the live end and stay there."""
        self.following, self._anchor = True, None
        self.rows.unpin()

    def go_to(self, index: int, line: int) -> None:
        """Hold the view with line `line` of row `index` at the top, where the reader wants it."""
        self.rows.unpin()
        self._hold(index, line)
        self.settle()

    def hold_here(self) -> None:
        """Stop following: hold the view where it stands."""
        if self.following:
            self._hold_at(self.top)

    def move(self, lines: int) -> None:
        """Move by `lines` of text, exactly; see `moved`."""
        self.rows.unpin()
        top = self.settle()
        self.moved(top, top + lines)

    def moved(self, before: int, after: int) -> None:
        """The reader moved the top from one line to another; with the end in view it follows."""
        rows, down = self.rows, after > before
        if abs(after - before) <= WALKED_PAGES * max(1, self.height):
            index = rows.find(before)
            self._hold(*rows.walk(index, before - rows.start(index), after - before))
        elif down and after + self.height >= self.total:
            # As far as the scrollbar goes, whose end is an estimate.
            self.follow()
        else:
            self._hold_at(after)
        if down and self._anchor is not None and self.settle() + self.height >= self._end:
            self.follow()

    def place(self) -> HeldPlace | None:
        """Where the view is held; None at the live end."""
        anchor = self._anchor
        if self.following or anchor is None:
            return None
        return HeldPlace(anchor.key, self.rows.index_of(anchor), self._line - self._lead)

    def restore(self, place: HeldPlace) -> None:
        """Hold the view at `place` again, or near it if its entry is gone."""
        row = self.rows.get_shown(place.key)
        if row is not None:
            self._hold(self.rows.index_of(row), max(0, place.line + row.lead))
            self._fills = False
        elif self.rows.rows:
            self._hold(min(place.index, len(self.rows) - 1), 0)

    def _hold(self, index: int, line: int) -> None:
        self.following = False
        if index < len(self.rows):
            self._anchor, self._line = self.rows.rows[index], line
            self._lead, self._fills, self._chars_above = self._anchor.lead, True, None

    def _hold_at(self, top: int) -> None:
        index = self.rows.find(top)
        self._hold(index, top - self.rows.start(index))

    # -- changes of the rows that the view stays through ------------------------------------------

    def replace_rows(
        self, entries: Sequence[Entry], dividers: Sequence[Divider], *, keep_place: bool
    ) -> None:
        """Show other rows, at the live end; with `keep_place` a held view stays where it was."""
        place = self.place() if keep_place else None
        unfolded = self.delayed_folds.unfolded_ids() if place is not None else ()
        self.rows.replace(entries, dividers)
        self.follow()
        if place is not None:
            self.delayed_folds.restart(unfolded)
            self.restore(place)

    def release(self, row: Row) -> None:
        """Hold the view at the next row if it is held at `row`, which is being removed."""
        if row is self._anchor:
            self._anchor, self._line, self._chars_above = self.rows.neighbour(row), 0, None
            self._lead = self._anchor.lead if self._anchor is not None else 0

    def filter(self, shows: Callable[[Entry], bool] | None, keep: Row | None) -> None:
        """Show only entries for which `shows` is true; None shows all.

        A held view stays at the row `keep`, or without one at its top line; at the next row that is
        shown if the filter hides it.
        """
        self.settle()
        rows, anchor, lead = self.rows, self._anchor, self._lead
        keep = keep or anchor
        rows.unpin()
        rows.filter(shows)
        if self.following or keep is None:
            return
        row = rows.shown_near(keep)
        if row is None:
            self.follow()
        elif row is anchor:
            self._hold(rows.index_of(row), max(0, self._line + row.lead - lead))
        else:
            self._hold(rows.index_of(row), row.lead)

    def toggle(self, row: Row) -> None:
        """Fold or unfold a shown row; its first line stays where it is."""
        self.hold_here()
        row.unfolded = row.folded
        self.rows.renderer.forget(row)
        self.rows.render(self.rows.index_of(row))
        if row is self._anchor:
            self._line, self._chars_above = min(self._line, row.lead), None

    def set_all_folds(self, unfolded: bool | None) -> None:
        """Unfold (True) every entry, or fold it by the default for its kind (None)."""
        anchor = self._anchor
        self.rows.unpin()
        self.rows.set_all_folds(unfolded)
        if anchor is not None:
            self.rows.render(self.rows.index_of(anchor))
            self._line, self._chars_above = min(self._line, max(0, anchor.height - 1)), None

    def resize(self, width: int, height: int) -> None:
        """Wrap for another width; the character at the top stays there."""
        self.height = height
        if width == self.rows.renderer.width:
            return
        anchor = self._anchor
        inside = self._line - anchor.lead if anchor is not None else 0
        if anchor is not None and self._chars_above is None:
            self._chars_above = _characters((anchor.lines or [])[: max(0, inside)])
        self.rows.renderer.forget_all()
        self.rows.renderer.width = width
        self.rows.estimate_all()
        if anchor is not None:
            self.rows.render(self.rows.index_of(anchor))
            self._fills = True
            if inside > 0:
                self._line = anchor.lead + _line_after(anchor.lines or [], self._chars_above or 0)

    # -- deciding --------------------------------------------------------------------------------

    def settle(self) -> int:
        """Render the rows in view; returns the line that belongs at the top."""
        self.top = self._settled()
        return self.top

    def _settled(self) -> int:
        rows, height, anchor = self.rows, max(1, self.height), self._anchor
        if self.following or anchor is None:
            self.delayed_folds.fold_above(rows.render_upwards(len(rows), height))
            return max(0, self._end - height)
        index = rows.index_of(anchor)
        self._line, self._lead = max(0, self._line + anchor.lead - self._lead), anchor.lead
        rows.render_held(index, self._line)
        self._line = min(self._line, max(0, anchor.height - 1))
        missing = rows.render_downwards(index, self._line, height) - self.tail
        if missing > 0 and self._fills:
            # The reader went to the end: nothing empty is shown below it.
            index, line = rows.walk(index, self._line, -missing)
            self._hold(index, line)
        self._fills = False
        return max(0, rows.start(index) + self._line)


def _characters(lines: Sequence[Line]) -> int:
    """Characters that wrapping neither adds nor removes."""
    return sum(len("".join(line_text(line).split()).replace("─", "")) for line in lines)


def _line_after(lines: Sequence[Line], count: int) -> int:
    """The line that has the character after `count` others."""
    seen = 0
    for number, line in enumerate(lines):
        seen += _characters([line])
        if seen > count:
            return number
    return max(0, len(lines) - 1)
