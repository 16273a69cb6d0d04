"""How much of one message may be drawn as Markdown. The cost is counted in the text, not measured
by a clock, so the result depends neither on the machine nor on how the text arrived.

The parser is written in Python and is expensive per line and mark, not per character: a megabyte
takes between 0.1 and 10 s. What exceeds the budget is shown verbatim, at a hundredth of the cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lashtui.render.code import MAX_HIGHLIGHTED
from lashtui.render.markdown_inline import MARK

MAX_COST: Final = 15_000_000
"""For one message, in hundredths of a microsecond: 0.15 s, about the delay one notices when a
message is first drawn. That is some 150 KB of ordinary Markdown, or 3,000 list items: agents'
messages are well below."""
_PER_CHARACTER: Final = 10
_PER_LINE: Final = 4_000
"""Blank lines too, so that it doesn't matter to which block they are counted."""
_PER_MARK: Final = 600
"""Each character that may begin or end something inline."""
_PER_BAR: Final = 1_200
"""A cell of a table."""
_PER_SPARSE_ROW: Final = 15_000
"""A row of one cell, to which a wide table adds up to 60 empty ones; usual tables add two."""
_PER_FENCE: Final = 10_000
_PER_COLOURED: Final = 75
"""A character of code: the most that colouring its block may take."""
_PER_FENCED_LINE: Final = 300
_PER_LINK: Final = 2_000
_PER_INNER: Final = 3_500
"""A block within a block on one line, as in `- - a` or `> > a`."""
_INNER = re.compile(r"(?:[-+*>]|[0-9][.)])[ \t]*(?=[-+*>][ \t]|>|[0-9]+[.)][ \t])")
_SPARSE = re.compile(r"^[ \t>]*+\|[^|\n]*+\|?+[^|\n]*+$", re.MULTILINE)
_LINK = re.compile(r"\]\(|<[A-Za-z]")

Span = tuple[int, int]
"""Where a part of a text begins and ends, in characters."""


def cost_of(text: str) -> int:
    """The cost of drawing whole lines: the sum over the lines."""
    bars = text.count("|")
    return (
        _PER_CHARACTER * len(text)
        + _PER_LINE * text.count("\n")
        + _PER_MARK * len(MARK.findall(text))
        + _PER_LINK * len(_LINK.findall(text))
        + _PER_INNER * len(_INNER.findall(text))
        + _PER_BAR * bars
        + (_PER_SPARSE_ROW * len(_SPARSE.findall(text)) if bars else 0)
    )


class MarkdownBudget:
    """What one message may still cost."""

    def __init__(self) -> None:
        """The budget of a new message."""
        self._left = MAX_COST

    def afford(self, text: str, fences: Sequence[Span] = ()) -> int:
        """Spend on whole lines; returns how many characters of them may be drawn as Markdown.

        `fences` are the parts of `text` that are code blocks: these are cheap, and drawn whole if
        anything is left when they begin.
        """
        at = 0
        for begin, end in (*fences, (len(text), len(text))):
            at += self._afford_lines(text[at:begin])
            if at < begin:
                return at
            if end > begin:
                if self.is_spent:
                    return at
                self.spend_on_fence(text[begin:end])
                at = end
        return at

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self._left < 0

    def spend_on_fence(self, text: str) -> None:
        """Spend on a closed code block."""
        self._left -= _PER_FENCE + _PER_COLOURED * min(len(text), MAX_HIGHLIGHTED)
        self._left -= _PER_CHARACTER * len(text) + _PER_FENCED_LINE * text.count("\n")

    def _afford_lines(self, text: str) -> int:
        cost = cost_of(text)
        if cost <= self._left:
            self._left -= cost
            return len(text)
        at = 0
        while at < len(text):
            end = text.find("\n", at) + 1 or len(text)
            cost = cost_of(text[at:end])
            if cost > self._left:
                # Nothing after this line is drawn as Markdown, however little it costs.
                self._left = -1
                break
            self._left -= cost
            at = end
        return at
