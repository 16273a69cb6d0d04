"""A line with two ends: what must stay in sight on the left, the rest on the right.

The header and the status line are such lines. They repaint only when their content changes.
"""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

GAP = 2
"""Cells between the two ends."""


class TwoEndedLine(Widget):
    """One row. If both ends don't fit, the right one gives way to a shorter one or is left out,
    then the left one is cut.
    """

    DEFAULT_CSS = """
    TwoEndedLine { height: 1; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left = Content("")
        self._rights: tuple[Content, ...] = (Content(""),)

    def show_ends(self, left: Content, *rights: Content) -> None:
        """Show these; agent's text in them must be neutralised already.

        `rights`: what may stand at the right, the longest first.
        """
        before = (self._left, *self._rights)
        if len(before) == 1 + len(rights) and all(map(Content.is_same, before, (left, *rights))):
            return
        self._left, self._rights = left, rights
        self.refresh()

    @property
    def text(self) -> str:
        """Both ends as text, whether or not they fit."""
        return f"{self._left.plain}  {self._rights[0].plain}".strip()

    def render(self) -> Content:
        """The line at its current width."""
        width = self.content_size.width
        left = self._left
        for right in self._rights:
            room = width - left.cell_length - right.cell_length
            if room >= GAP:
                return left.pad_right(room).append(right)
        return left.truncate(width, ellipsis=True)
