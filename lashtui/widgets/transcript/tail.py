"""The lines behind the last row: what the session waits for now. No widget.

They belong to no entry: they are not counted, searched, selected or copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.render.live_end import LiveEnd, live_end_lines
from lashtui.render.markdown import PROSE_WIDTH
from lashtui.widgets.transcript.row_renderer import MARGIN

if TYPE_CHECKING:
    from textual.strip import Strip

    from lashtui.render.styles import Line
    from lashtui.widgets.transcript.row_renderer import RowRenderer
    from lashtui.widgets.transcript.viewport import Viewport


class Tail:
    """A blank line and what stands below it; or nothing."""

    def __init__(self, renderer: RowRenderer, viewport: Viewport) -> None:
        """Nothing, until `show`."""
        self._renderer = renderer
        self._viewport = viewport
        self._end: LiveEnd | None = None
        self._lines: list[Line] = []
        self._strips: list[Strip] = []
        """Of the lines; empty until they are drawn. The same ones as long as they look the same."""

    def show(self, end: LiveEnd | None) -> bool:
        """Show this from now on; whether it looks different."""
        self._end = end
        before = self._lines
        self.wrap()
        return self._lines != before

    def wrap(self) -> None:
        """Make the lines again: what is shown, the width or the colours may have changed."""
        room = max(1, min(self._renderer.width - 2 * MARGIN, PROSE_WIDTH))
        end = self._end
        lines = live_end_lines(end, room) if end is not None and self._renderer.width else []
        if lines != self._lines or self._renderer.palette is None:
            self._lines, self._strips = lines, []
        self._viewport.tail = len(lines) + 1 if lines else 0

    def draw(self, strips: list[Strip], at: int) -> None:
        """Put the lines among `strips`, whose line `at` is the first one behind the last row."""
        if not self._lines or at + 1 >= len(strips):
            return
        if not self._strips:
            self._strips = [self._renderer.strip(line) for line in self._lines]
        for y, strip in enumerate(self._strips, at + 1):
            if 0 <= y < len(strips):
                strips[y] = strip
