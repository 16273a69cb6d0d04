"""The entry that the reader's keys act on: the marked one, else the one nearest at hand. No widget.

A mark counts only while its entry is in view; one that is off the screen is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.reading.jumps import jump

if TYPE_CHECKING:
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList
    from lashtui.widgets.transcript.viewport import Viewport


class Current:
    """The current entry, and moving from it to others."""

    def __init__(self, rows: RowList, viewport: Viewport) -> None:
        """Of `rows`, as seen through `viewport`."""
        self._rows = rows
        self._viewport = viewport
        self._key: str | None = None

    def mark(self, key: str | None) -> None:
        """Mark the entry with this id; None removes the mark."""
        self._key = key

    @property
    def marked_row(self) -> Row | None:
        """The shown row with the mark, in view or not; None if there is none."""
        return self._rows.get_shown(self._key)

    def marked(self) -> Row | None:
        """The row with the mark if it is in view."""
        row = self.marked_row
        if row is None:
            return None
        self._viewport.settle()
        return row if self._viewport.contains(row) else None

    def row(self) -> Row | None:
        """The row that keys act on: the marked one, else the nearest one at hand."""
        return self.marked() or self._nearest()

    def _nearest(self) -> Row | None:
        """The last entry while the view follows, else the first one that begins in view."""
        rows, viewport = self._rows.rows, self._viewport
        if viewport.following:
            return next((row for row in reversed(rows) if row.is_readable), None)
        seen = [index for index in viewport.indices if rows[index].is_readable]
        whole = [i for i in seen if self._rows.start(i) + rows[i].lead >= viewport.top]
        return rows[(whole or seen)[0]] if seen else None

    def _nearest_digest(self) -> Row | None:
        """The first line in view of what happened while the reader was away, while held there."""
        if self._viewport.following:
            return None
        rows = (self._rows.rows[index] for index in self._viewport.indices)
        return next(
            (row for row in rows if row.digest is not None and row.digest.target is not None), None
        )

    def move(self, by: int) -> None:
        """Mark the next (1) or previous (-1) entry and bring it into view.

        Without a mark in view, the one nearest at hand.
        """
        rows, row = self._rows.rows, self.marked()
        if row is None:
            target = self._nearest_digest() or self._nearest()
        else:
            index = self._rows.index_of(row) + by
            while 0 <= index < len(rows) and not rows[index].is_stop:
                index += by
            target = rows[index] if 0 <= index < len(rows) else None
        if target is not None:
            self._key = target.key
            self._bring_into_view(target)

    def _bring_into_view(self, row: Row) -> None:
        """Scroll as little as shows the row, from its first line on."""
        rows, viewport = self._rows, self._viewport
        index, height = rows.index_of(row), viewport.height
        lines = rows.render(index) - row.lead
        is_last = not any(rows.rows[after].is_readable for after in range(index + 1, len(rows)))
        if is_last and lines <= height:
            viewport.follow()
            return
        first = rows.start(index) + row.lead
        if first < viewport.top or lines >= height:
            viewport.go_to(index, row.lead)
        elif first + lines > viewport.top + height:
            viewport.go_to(*rows.walk(index, row.lead + lines - 1, 1 - height))
        else:
            viewport.hold_here()

    def can_jump(self, what: str, by: int) -> bool:
        """Whether there is a turn, tool call or error to jump to."""
        return self._jump_target(what, by) is not None

    def jump(self, what: str, by: int) -> bool:
        """Mark the next or previous turn, tool call or error and hold it near the top.

        False if there is none.
        """
        found = self._jump_target(what, by)
        if found is None:
            return False
        return self.go_to(self._rows.rows[found].key)

    def go_to(self, key: str) -> bool:
        """Mark the entry with this id and hold it near the top; False if it is not shown."""
        rows, viewport = self._rows, self._viewport
        target = rows.get_shown(key)
        if target is None:
            return False
        self._key = key
        found = rows.index_of(target)
        rows.render(found)
        # A line of what comes before it stays in sight.
        viewport.go_to(*rows.walk(found, target.lead, -min(1, viewport.height // 4)))
        return True

    def _jump_target(self, what: str, by: int) -> int | None:
        rows, viewport = self._rows, self._viewport
        viewport.settle()
        row = self.marked()
        if row is not None:
            start = rows.index_of(row)
        elif viewport.following:
            start = len(rows)
        else:
            start = viewport.indices.start - 1 if by > 0 else viewport.indices.stop
        return jump([row.entry for row in rows.rows], start, by, what)
