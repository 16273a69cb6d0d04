"""What the reader's tools draw over strips: the mark of the current entry, matches of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.strip import Strip

from lashtui.render.styles import FOCUS
from lashtui.widgets.transcript.selection import painted_span

if TYPE_CHECKING:
    from rich.style import Style

    from lashtui.widgets.transcript.highlights import Highlights
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.row_matches import Span
    from lashtui.widgets.transcript.rows import RowList

MARK: Final = "▎"
MAX_STRIPS: Final = 1000
"""Decorated strips that are kept: some screens. A line that looks the same must be the same strip,
or it is painted again."""


class Decoration:
    """Draws over the strips of `rows`."""

    def __init__(self, rows: RowList, highlights: Highlights) -> None:
        """With the matches of `highlights`."""
        self._rows = rows
        self._highlights = highlights
        self._strips: dict[tuple[object, ...], tuple[Strip, Strip]] = {}

    def forget(self) -> None:
        """Throw all decorated strips away: the palette or the query has changed."""
        self._strips.clear()

    def apply(self, top: int, strips: list[Strip], marked: Row | None) -> list[Strip]:
        """`strips`, which start at line `top`, with the mark at row `marked` and all matches."""
        if marked is None and not self._highlights.is_active:
            return strips
        rows, out = self._rows.rows, list(strips)
        index = self._rows.find(top)
        while index < len(rows):
            row = rows[index]
            start = self._rows.start(index)
            if start >= top + len(out):
                break
            spans = self._highlights.spans(row)
            present = self._highlights.present(row) if spans else None
            for line in range(row.lead, row.height):
                y = start + line - top
                if 0 <= y < len(out):
                    here = spans.get(line - row.lead, ())
                    if row is marked or here:
                        is_here = present is not None and present[0] == line - row.lead
                        at = present[1] if present is not None and is_here else -1
                        out[y] = self._decorated(out[y], row, here, at, is_marked=row is marked)
            index += 1
        return out

    def _decorated(
        self, strip: Strip, row: Row, spans: Sequence[Span], present: int, *, is_marked: bool
    ) -> Strip:
        """`present`: the character at which the present match begins; -1 if it is elsewhere."""
        key = (id(strip), is_marked, tuple(spans), present)
        known = self._strips.get(key)
        if known is not None and known[0] is strip:
            return known[1]
        made = strip
        renderer = self._rows.renderer
        palette = renderer.palette
        assert palette is not None
        before = renderer.text_column(row)
        for begin, end in spans:
            style = palette.found(current=begin == present)
            made = painted_span(made, before + begin, before + end, style)
        if is_marked:
            made = _with_mark(made, palette.style(FOCUS))
        if len(self._strips) > MAX_STRIPS:
            self._strips.clear()
        # The strip itself is kept with it: its id alone may be reused for another one.
        self._strips[key] = (strip, made)
        return made


def _with_mark(strip: Strip, style: Style) -> Strip:
    """`strip` with the mark in its first cell, which is margin."""
    segments = list(strip)
    if not segments or not segments[0].text.startswith(" "):
        return strip
    first = segments[0]
    rest = first.text[1:]
    marked = [Segment(MARK, style)]
    if rest:
        marked.append(Segment(rest, first.style))
    return Strip([*marked, *segments[1:]], strip.cell_length)
