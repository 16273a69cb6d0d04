"""How much Markdown one message may be drawn as, counted in the text: no clock, so that the result
depends neither on the machine nor on how the text came.

The parser is Python, and dear by the line and the mark, not by the character: a megabyte takes it
between 0.1 and 10 s. What goes beyond the bound is shown as it was written, at a hundredth of that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lashtui.render.code import MAX_HIGHLIGHTED
from lashtui.render.markdown_inline import MARK

MAX_WORK: Final = 15_000_000
"""For one message, in hundredths of a microsecond: 0.15 s, which is about what one notices when a
message is drawn for the first time. That is some 150 KB of honest Markdown, or 3,000 list items:
agents' messages end well before."""
_PER_CHARACTER: Final = 10
_PER_LINE: Final = 4_000
"""Also of blank lines, so that it makes no difference to which block they are counted."""
_PER_MARK: Final = 600
"""What may begin or end something inline."""
_PER_BAR: Final = 1_200
"""A cell of a table."""
_PER_SPARSE_ROW: Final = 15_000
"""A row of one cell, beside which a wide table has up to 60 empty ones; honest tables have two."""
_PER_FENCE: Final = 10_000
_PER_COLOURED: Final = 75
"""A character of code: as much as its block's colours may take at the worst."""
_PER_FENCED_LINE: Final = 300
_PER_LINK: Final = 2_000
_PER_INNER: Final = 3_500
"""A block in a block in the same line, as `- - a` or `> > a`."""
_INNER = re.compile(r"(?:[-+*>]|[0-9][.)])[ \t]*(?=[-+*>][ \t]|>|[0-9]+[.)][ \t])")
_SPARSE = re.compile(r"^[ \t>]*+\|[^|\n]*+\|?+[^|\n]*+$", re.MULTILINE)
_LINK = re.compile(r"\]\(|<[A-Za-z]")

Span = tuple[int, int]
"""Where a text begins and ends in another, in characters."""


def work_of(text: str) -> int:
    """What it costs to draw whole lines: the sum of what each of them costs."""
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


class Work:
    """What a message has cost so far."""

    def __init__(self) -> None:
        """Nothing."""
        self._left = MAX_WORK

    def afford(self, text: str, fences: Sequence[Span] = ()) -> int:
        """Count whole lines; how many characters of them may be drawn as Markdown, by lines.

        `fences` are the parts of `text` that are code blocks: these are cheap, and drawn whole
        where the line that begins them can be.
        """
        at = 0
        for begin, end in (*fences, (len(text), len(text))):
            at += self._afford_lines(text[at:begin])
            if at < begin:
                return at
            if end > begin:
                if self.is_up:
                    return at
                self.spend_on_fence(text[begin:end])
                at = end
        return at

    @property
    def is_up(self) -> bool:
        """Whether a code block has taken what there was."""
        return self._left < 0

    def spend_on_fence(self, text: str) -> None:
        """Count a code block that is closed."""
        self._left -= _PER_FENCE + _PER_COLOURED * min(len(text), MAX_HIGHLIGHTED)
        self._left -= _PER_CHARACTER * len(text) + _PER_FENCED_LINE * text.count("\n")

    def _afford_lines(self, text: str) -> int:
        work = work_of(text)
        if work <= self._left:
            self._left -= work
            return len(text)
        at = 0
        while at < len(text):
            end = text.find("\n", at) + 1 or len(text)
            work = work_of(text[at:end])
            if work > self._left:
                # Nothing after it is drawn, however little it may cost.
                self._left = -1
                break
            self._left -= work
            at = end
        return at
