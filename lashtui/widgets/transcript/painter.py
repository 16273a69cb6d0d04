"""Draws what is in view: the strips of rows, and over them what the reader's tools mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.filter import ANSIToTruecolor
from textual.strip import Strip

from lashtui.widgets.transcript.parts import Parts
from lashtui.widgets.transcript.selection import paint_selection

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.widget import Widget

    from lashtui.widgets.transcript.decoration import Decoration
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList
    from lashtui.widgets.transcript.tail import Tail


class Painter:
    """Of one transcript. Rows in view must be settled before."""

    def __init__(self, view: Widget, rows: RowList, decoration: Decoration, tail: Tail) -> None:
        """Draws `rows` for `view`, whose selection, filters and colours count."""
        self._view = view
        self._rows = rows
        self._decoration = decoration
        self._tail = tail

    def draw(self, crop: Region, scrolled: int, marked: Row | None) -> list[Strip]:
        """The strips of `crop` below line `scrolled`, with the mark at row `marked`."""
        renderer, view, top = self._rows.renderer, self._view, scrolled + crop.y
        palette = renderer.palette
        assert palette is not None
        strips = self._decoration.apply(top, self._rows.strips(top, crop.height), marked)
        selection = view.text_selection
        if selection is not None:
            style = view.screen.get_component_rich_style("screen--selection")
            strips = paint_selection(strips, top, selection, style, Parts(self._rows, selection))
        self._tail.draw(strips, self._rows.total() - top)
        for line_filter in view.get_line_filters():
            if isinstance(line_filter, ANSIToTruecolor) and not palette.is_ansi:
                continue  # all colours are true colours already
            background = view.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.column_span != (0, renderer.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
