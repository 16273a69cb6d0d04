"""The text of one entry as lines, updated at the cost of what was added.

Text only grows at its end (it may also lose its head, which changes nothing here). Whole lines are
read once; what can no longer change becomes settled lines; only the rest is drawn again.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Final

from lashtui.render.styles import TEXT, Line, TextStyle
from lashtui.render.wrap import wrap_plain
from lashtui.text.sanitize import safe_text

MAX_LINE: Final = 4096
"""Characters of the source after which a line is broken: the unfinished last line is drawn again
with every delta, so its length bounds the cost of a delta."""
LONG_WORD: Final = 200
"""Characters before that place in which a space is looked for, so that a word stays whole."""


class TextDoc:
    """Verbatim text, wrapped."""

    max_line: ClassVar[int] = MAX_LINE

    def __init__(self, width: int, style: TextStyle = TEXT) -> None:
        """Lines of `width` cells."""
        self.width = width
        self.style = style
        self.lines: list[Line] = []
        self.settled = 0
        """How many of `lines` will never change."""
        self._read_to = 0
        """Characters read as whole lines, counted from the start of the entry's text."""

    def feed(self, text: str, cut_chars: int = 0, *, final: bool = True) -> int:
        """Update `lines` to `text`, whose first `cut_chars` characters have been cut off.

        Returns the number of the first line that may have changed.
        """
        changed = min(self.settled, len(self.lines))
        begin = self._read_to - cut_chars
        if begin < 0 or begin > len(text):
            # The head was cut beyond what has been read, or this is another text altogether.
            self._restart(cut_chars)
            begin, changed = 0, 0
        end = max(begin, text.rfind("\n", begin) + 1)
        # The part of the unfinished line that is over the limit.
        *over, rest = _pieces(text, end, len(text), self.max_line)
        if rest > begin:
            fresh = self._clean_whole(text[begin:end])
            for at, stop in pairwise((*over, rest)):
                fresh += self._clean_whole(text[at:stop] + "\n")
            begin = rest
            self._read_to = cut_chars + begin
            changed = min(changed, self._read_lines(fresh))
        return min(changed, self._draw(self._clean(text[begin:]), final=final))

    def _restart(self, cut_chars: int) -> None:
        self.lines.clear()
        self.settled = 0
        self._read_to = cut_chars

    def _read_lines(self, text: str) -> int:
        """Read whole lines; returns the first line that changed."""
        first = self.settled
        del self.lines[first:]
        self.lines.extend(self._wrapped(text.removesuffix("\n")))
        self.settled = len(self.lines)
        return first

    def _draw(self, partial: str, *, final: bool) -> int:
        """Draw what is not settled and the unfinished line; returns the first line that changed."""
        first = self.settled
        del self.lines[first:]
        if partial:
            self.lines.extend(self._wrapped(partial))
        return first

    def _clean(self, raw: str) -> str:
        """What is drawn of the unfinished line."""
        return safe_text(raw)

    def _clean_whole(self, raw: str) -> str:
        """What is drawn of whole lines."""
        return _broken(raw)

    def _wrapped(self, text: str) -> list[Line]:
        return wrap_plain(text, self.width, self.style)


def _broken(raw: str) -> str:
    """Whole lines of `raw` as safe text, those over the limit broken."""
    lines = raw.split("\n")
    if max(map(len, lines)) <= MAX_LINE:
        return safe_text(raw)
    parts: list[str] = []
    for line in lines:
        starts = _pieces(line, 0, len(line), MAX_LINE)
        parts += (safe_text(line[at:stop]) for at, stop in pairwise((*starts, len(line))))
    return "\n".join(parts)


def _pieces(text: str, begin: int, end: int, most: int) -> list[int]:
    """Where the pieces of a line begin, each of `most` characters at most; where it is broken
    depends on nothing that comes after.
    """
    starts = [begin]
    while end - begin > most:
        space = text.rfind(" ", begin + most - min(LONG_WORD, most // 2), begin + most)
        begin = space + 1 if space >= 0 else begin + most
        starts.append(begin)
    return starts
