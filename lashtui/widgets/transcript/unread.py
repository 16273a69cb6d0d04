"""What arrived while the reader was not at the live end, and holding the view where it begins.

No widget: it counts entries, and moves the viewport when the reader comes back to more than a
screen of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList
    from lashtui.widgets.transcript.viewport import Viewport


class LastSeen(NamedTuple):
    """What the reader had seen when looking away from the live end."""

    key: str
    """Id of the last entry."""
    height: int
    """Lines of its row."""


class Unread:
    """Entries that are new or have grown since the view was held. None while it follows."""

    def __init__(self, rows: RowList, viewport: Viewport) -> None:
        """Of `rows`, as seen through `viewport`."""
        self._rows = rows
        self._viewport = viewport
        self._ids: set[str] = set()
        self._last_seen: LastSeen | None = None
        self.awaits_layout = False
        """`hold_at_divider` was asked for and must be called again once lines have a width."""
        self.was_visited = False
        """The reader has been where the new entries begin, or has read on from there."""
        self.is_long: bool | None = None
        """Whether what is new is more than a screen; None before that is known."""

    @property
    def count(self) -> int:
        """Unread entries that the filter shows."""
        if self._rows.shows is None:
            return len(self._ids)
        return sum(self._rows.get_shown(key) is not None for key in self._ids)

    @property
    def at_live_end(self) -> bool:
        """Whether the reader sees the live end; not before it is decided where the view begins."""
        is_laid_out = self._rows.renderer.width > 0 and not self.awaits_layout
        return self._viewport.following and is_laid_out

    # -- what happens to the rows ----------------------------------------------------------------

    def entry_added(self, row: Row) -> None:
        """Count a new entry, unless it came to the live end in front of the reader."""
        if not self._viewport.following and row.is_readable:
            self._ids.add(row.key)

    def entry_changed(self, row: Row) -> None:
        """Count an entry whose text has grown. To be called before the row is rendered again."""
        if not self._viewport.following and row.has_grown():
            self._ids.add(row.key)

    def entry_removed(self, key: str) -> None:
        """An entry that is gone can't be read any more."""
        self._ids.discard(key)

    def rows_replaced(self, before: Collection[str], entries: Sequence[Entry]) -> None:
        """Keep what is unread among `entries`, and add those that were not there `before`."""
        if self._viewport.following:
            self._ids.clear()
            return
        now = {entry.id for entry in entries if entry.kind != "commit"}
        self._ids = {key for key in now if key in self._ids or key not in before}

    def reader_moved(self) -> None:
        """The view began at what is new, so a reader who scrolls reads on from there."""
        self.was_visited = True

    def view_moved(self) -> None:
        """At the live end nothing is unread."""
        if self._viewport.following:
            self._ids.clear()

    # -- where it begins -------------------------------------------------------------------------

    def hold_at_divider(self) -> None:
        """Hold the view at the divider of what is new, if that is more than a screen.

        Before the first layout it only notes that it has to be called again.
        """
        rows, viewport = self._rows, self._viewport
        self.awaits_layout = rows.renderer.width <= 0
        if self.awaits_layout:
            return
        at = rows.new_place()
        self.is_long = at is not None and not self._fits(*at)
        if at is None or not self.is_long:
            self.was_visited = True
            return
        # One line of what was read before stays above it, as a place to start from.
        viewport.go_to(*rows.walk(*at, -1))
        self._ids = rows.readable_ids(at[0])

    def go_to_divider(self) -> bool:
        """Hold the view at the divider of what is new; False if there is none."""
        at = self._rows.last_divider("new") or self._rows.new_place()
        if at is None:
            return False
        self._viewport.go_to(*at)
        self.was_visited = True
        return True

    def reader_left(self) -> None:
        """Remember what the reader has seen, unless the view is held and so keeps its place."""
        last = next((row for row in reversed(self._rows.rows) if row.entry is not None), None)
        if self._last_seen is None and self.at_live_end and last is not None:
            self._last_seen = LastSeen(last.key, last.height)

    def reader_returned(self) -> bool:
        """Hold the view at what came since `reader_left`, if it is more than a screen.

        Returns whether it is.
        """
        rows, viewport = self._rows, self._viewport
        seen, self._last_seen = self._last_seen, None
        row = rows.get_shown(seen.key) if seen is not None else None
        if seen is None or row is None or not self.at_live_end:
            return False
        index = rows.index_of(row)
        line = max(0, min(seen.height, rows.render(index)) - 1)
        if self._fits(index, line):
            return False
        self.was_visited, self.is_long = False, True
        viewport.go_to(index, line)
        # The last entry itself is unread if it has grown.
        self._ids = rows.readable_ids(index + (row.height <= seen.height))
        return True

    def _fits(self, index: int, line: int) -> bool:
        """Whether all from this line on is in view at once."""
        room = self._viewport.height - self._viewport.tail
        return self._rows.render_downwards(index, line, room + 1) > 0
