"""A line with two ends: what must stay in sight on the left, the rest on the right.

The header and the status line are such lines. They repaint only when their content changes.
"""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

GAP = 2
"""Cells between the two ends."""


class TwoEndedLine(Widget):
    """One row. If both ends don't fit, the right one gives way to a shorter one, then the left one;
    at last the right one is left out, and the left one is cut.
    """

    DEFAULT_CSS = """
    TwoEndedLine { height: 1; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._lefts: tuple[Content, ...] = (Content(""),)
        self._rights: tuple[Content, ...] = (Content(""),)

    def show_ends(self, left: Content | tuple[Content, ...], *rights: Content) -> None:
        """Show these; agent's text in them must be neutralised already.

        `left`, `rights`: what may stand there, the longest first.
        """
        lefts = left if isinstance(left, tuple) else (left,)
        if _are_same(self._lefts, lefts) and _are_same(self._rights, rights):
            return
        self._lefts, self._rights = lefts, rights
        self.refresh()

    @property
    def text(self) -> str:
        """Both ends as text, whether or not they fit."""
        return f"{self._lefts[0].plain}  {self._rights[0].plain}".strip()

    def render(self) -> Content:
        """The line at its current width."""
        width = self.content_size.width
        for left in self._lefts:
            for right in self._rights:
                room = width - left.cell_length - right.cell_length
                if room >= GAP:
                    return left.pad_right(room).append(right)
        fitting = [left for left in self._lefts if left.cell_length <= width]
        return fitting[0] if fitting else self._lefts[-1].truncate(width, ellipsis=True)


def _are_same(before: tuple[Content, ...], now: tuple[Content, ...]) -> bool:
    return len(before) == len(now) and all(map(Content.is_same, before, now))
