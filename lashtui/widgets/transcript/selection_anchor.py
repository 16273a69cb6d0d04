"""The transcript's selection: it stays on the text that it was made on, and a click knows words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual.geometry import Offset
from textual.selection import Selection

from lashtui.widgets.transcript.transcript import Transcript

if TYPE_CHECKING:
    from textual import events

    from lashtui.widgets.transcript.row import Row

WORD: Final = re.compile(r"[\w./~@:%+=#-]+")
"""What a double click selects: a path or a link is one word."""


class SelectingTranscript(Transcript):
    """A transcript whose selection moves with its rows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._selected_row: tuple[Row, int] | None = None

    def selection_updated(self, selection: Selection | None) -> None:
        """Remember what is selected by the row it begins in."""
        super().selection_updated(selection)
        self._selected_row = None
        if selection is not None and selection.start is not None:
            index = self._list.find(selection.start.y)
            if index < len(self._list):
                self._selected_row = (self._list.rows[index], self._list.start(index))

    def _settle(self) -> None:
        super()._settle()
        if self._selected_row is None:
            return
        row, start = self._selected_row
        selection = self.text_selection
        if selection is None or selection.start is None:
            self._selected_row = None
            return
        if row.hidden or self._list.get(row.key) is not row:
            self._selected_row = None
            self.screen.clear_selection()
            return
        moved = self._list.start(self._list.index_of(row)) - start
        if moved:
            # Rows above it came, went, or turned out higher than was guessed.
            by = Offset(0, moved)
            end = selection.end + by if selection.end is not None else None
            shifted = Selection(selection.start + by, end)
            self._selected_row = (row, start + moved)
            self.screen.selections = {**self.screen.selections, self: shifted}

    def on_click(self, event: events.Click) -> None:
        """Two clicks select a word, three a line: never the whole transcript."""
        if event.button != 1 or event.chain == 1:
            return
        event.prevent_default()
        line = self.scroll_offset.y + event.y
        text = self._text_lines(line, line + 1)[0]
        begin, end = len(text) - len(text.lstrip()), len(text)
        if event.chain == 2:
            at = _character_at(text, event.x)
            begin, end = next(
                ((m.start(), m.end()) for m in WORD.finditer(text) if m.start() <= at < m.end()),
                (0, 0),
            )
        if end > begin:
            selected = Selection(Offset(begin, line), Offset(end, line))
            self.screen.selections = {self: selected}


def _character_at(text: str, cell: int) -> int:
    used = 0
    for number, character in enumerate(text):
        used += cell_len(character)
        if used > cell:
            return number
    return len(text)
