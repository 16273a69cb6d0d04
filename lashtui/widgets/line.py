"""A line with two ends: what must stay in sight on the left, the rest on the right.

The header and the status line are such lines. They repaint only when their content changes.
"""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

GAP = 2
"""Cells between the two ends."""


class TwoEndedLine(Widget):
    """One row. If both ends don't fit, the right one is left out, then the left one is cut."""

    DEFAULT_CSS = """
    TwoEndedLine { height: 1; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left = Content("")
        self._right = Content("")

    def show_ends(self, left: Content, right: Content) -> None:
        """Show these; agent's text in them must be neutralised already."""
        if self._left.is_same(left) and self._right.is_same(right):
            return
        self._left, self._right = left, right
        self.refresh()

    @property
    def text(self) -> str:
        """Both ends as text, whether or not they fit."""
        return f"{self._left.plain}  {self._right.plain}".strip()

    def render(self) -> Content:
        """The line at its current width."""
        width = self.content_size.width
        left, right = self._left, self._right
        room = width - left.cell_length - right.cell_length
        if room < GAP:
            return left.truncate(width, ellipsis=True)
        return left.pad_right(room).append(right)
