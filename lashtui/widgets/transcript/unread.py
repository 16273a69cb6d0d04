"""The transcript of a reader who comes back: what is new begins at a divider, and is held there."""

from __future__ import annotations

from typing import Any

from lashtui.widgets.transcript.selection_anchor import SelectingTranscript


class NewsTranscript(SelectingTranscript):
    """A transcript that knows what is new since the reader left, and who has been there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._hold_new = False
        self._left: tuple[str, int] | None = None
        """Id and height of the last entry when the reader looked elsewhere, at the live end."""
        self.been_at_new = False
        """Whether the reader went to what is new, or read on from where it begins."""

    @property
    def at_live_end(self) -> bool:
        """Whether the reader sees the live end; not before it is decided where the view begins."""
        return self.following and not self._hold_new and self._renderer.width > 0

    def hold_at_new(self) -> None:
        """Hold at the divider of what is new, if that is more than a screen; else follow."""
        self._hold_new = True
        if self._renderer.width:
            self._try_hold_new()

    def _try_hold_new(self) -> None:
        self._hold_new = False
        rows = self._list.rows
        at = next(
            (
                index
                for index in range(len(rows) - 1, -1, -1)
                if (divider := rows[index].divider) is not None and divider.kind == "new"
            ),
            None,
        )
        if at is None or self._list.settle_downwards(at, 0, self._port.height + 1) > 0:
            self.been_at_new = True  # all of it is in sight
            return
        # A line of what was read before stays above it, to begin from.
        self._hold(*self._list.walk(at, 0, -1))
        self._unseen = {
            row.key
            for row in rows[at + 1 :]
            if row.entry is not None and row.entry.kind != "commit"
        }
        self._changed(everything=True)

    def leave(self) -> None:
        """The reader looks elsewhere: remember what he has seen, unless he holds the view."""
        last = next((row for row in reversed(self._list.rows) if row.entry is not None), None)
        if self._left is None and self.at_live_end and last is not None:
            self._left = (last.key, last.height)

    def come_back(self) -> bool:
        """Hold at what came since `leave`, if that is more than a screen; whether it is."""
        left, self._left = self._left, None
        row = self._list.get(left[0]) if left is not None else None
        if left is None or row is None or row.hidden or not self.at_live_end:
            return False
        rows, index = self._list, self._list.index_of(row)
        line = max(0, min(left[1], rows.render(index)) - 1)
        if rows.settle_downwards(index, line, self._port.height + 1) > 0:
            return False  # all of it is in sight
        self.been_at_new = False
        self._hold(index, line)
        self._unseen = {
            each.key
            for each in rows.rows[index + (row.height <= left[1]) :]
            if each.entry is not None and each.entry.kind != "commit"
        }
        self._changed(everything=True)
        return True

    def go_to_divider(self, kind: str) -> bool:
        """Also: whoever was there need not be told of it any more."""
        found = super().go_to_divider(kind)
        self.been_at_new = self.been_at_new or (found and kind == "new")
        return found

    def _go(self, before: int, after: int, *, to_end: bool = False) -> None:
        """Also: the view began at what is new, so whoever scrolls reads on from there."""
        self.been_at_new = True
        super()._go(before, after, to_end=to_end)

    def on_resize(self) -> None:
        """What waited for the first layout."""
        if self._hold_new and self.scrollable_content_region.width > 0:
            width = self.scrollable_content_region.width
            self._port.resize(width, self.size.height)
            self._try_hold_new()

    def _hold(self, index: int, line: int) -> None:
        self._list.unpin()
        self._port.hold(index, line)
        self._settle()
