"""What of a line a selection takes: its text, and of two columns the one that it begins in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lashtui.render.hunks import columns_of
from lashtui.render.styles import Line, joint, line_text
from lashtui.render.wrap import gutter_of

if TYPE_CHECKING:
    from textual.selection import Selection

    from lashtui.widgets.transcript.rows import RowList


class Part(NamedTuple):
    """The characters of a line that are selected with it."""

    begin: int = 0
    """What is before is margin, mark or number."""
    end: int | None = None
    """None: to the end of the line."""
    joint: tuple[int, str] | None = None
    """Where the text begins that wrapping cut off the line above, and what was between them."""
    is_missing: bool = False
    """Its column is empty there: it has no such line."""

    def beginning_at(self, character: int) -> Part:
        """The same from there on."""
        return Part(character, *self[1:])


class Parts:
    """Gives the part of each line, for one selection."""

    def __init__(self, rows: RowList, selection: Selection | None = None) -> None:
        """Without a selection as for one that begins in the right column: in what is."""
        self._rows = rows
        start = selection.start if selection is not None else None
        self._is_right = start is None or self.is_right(start.y, start.x)

    def is_right(self, line: int, character: int) -> bool:
        """Whether that is in the right one of two columns; so is what is in none."""
        found = self._columns(line)
        if found is None:
            return True
        before, (left, _) = found
        return character >= before + len(line_text(left))

    def at(self, line: int, character: int) -> Part:
        """The part of `line` in which this character is."""
        return self._part(line, is_right=self.is_right(line, character))

    def __call__(self, line: int) -> Part:
        """The part of `line` that the selection takes."""
        return self._part(line, is_right=self._is_right)

    def _columns(self, line: int) -> tuple[int, tuple[Line, Line]] | None:
        """Where the text of the row begins, and both columns of the line, if it has two."""
        found = self._rows.drawn_line(line)
        columns = columns_of(found[2]) if found is not None else None
        if found is None or columns is None:
            return None
        return self._rows.renderer.text_column(found[0]), columns

    def _part(self, line: int, *, is_right: bool) -> Part:
        columns = self._columns(line)
        if columns is None:
            return self._whole(line)
        before, (left, right) = columns
        shown, at = (right, before + len(line_text(left))) if is_right else (left, before)
        size = len(line_text(shown))
        begin, cut = gutter_of(shown), joint(shown)
        return Part(
            at + begin,
            at + len(line_text(shown).rstrip()) if begin < size else at + begin,
            cut and (cut[0] + at, cut[1]),
            is_missing=begin >= size,
        )

    def _whole(self, line: int) -> Part:
        index = self._rows.find(line)
        if index >= len(self._rows):
            return Part()
        row, number = self._rows.rows[index], line - self._rows.start(index)
        begin = self._rows.renderer.text_from(row, number)
        found = self._rows.drawn_line(line)
        cut = joint(found[2]) if found is not None else None
        return Part(begin, None, cut and (cut[0] + self._rows.renderer.text_column(row), cut[1]))
