"""The text of one entry as lines, kept up to date at the cost of what is new.

Text only grows at its end (and may lose its head, which changes nothing here). Whole lines are
taken once; what can't change any more becomes settled lines; only the rest is drawn again.
"""

from __future__ import annotations

from typing import Final

from lashtui.render.styles import TEXT, Line, Look
from lashtui.render.wrap import wrap_plain
from lashtui.text.sanitize import safe_text

MAX_LINE: Final = 4096
"""Characters of the source after which a line is broken: the last, unfinished line is drawn again
with every delta, so its length is what a delta can cost."""


class TextDoc:
    """Verbatim text, wrapped."""

    def __init__(self, width: int, look: Look = TEXT) -> None:
        """Lines of `width` cells."""
        self.width = width
        self.look = look
        self.lines: list[Line] = []
        self.settled = 0
        """So many of `lines` will never change."""
        self._taken = 0
        """Characters taken as whole lines, counted from the start of the entry's text."""

    def feed(self, text: str, cut_chars: int = 0, *, final: bool = True) -> int:
        """Bring `lines` up to date with `text`, whose first `cut_chars` characters are gone.

        Returns the number of the first line that may have changed.
        """
        changed = min(self.settled, len(self.lines))
        begin = self._taken - cut_chars
        if begin < 0 or begin > len(text):
            # The head was cut beyond what has been taken, or this is another text altogether.
            self._restart(cut_chars)
            begin, changed = 0, 0
        end = max(begin, text.rfind("\n", begin) + 1)
        # The unfinished line, as far as it is over the limit.
        over = max(0, len(text) - end - 1) // MAX_LINE * MAX_LINE
        if end + over > begin:
            fresh = _broken(text[begin:end])
            if over:
                fresh += _broken(text[end : end + over] + "\n")
            begin = end + over
            self._taken = cut_chars + begin
            changed = min(changed, self._take(fresh))
        return min(changed, self._draw(safe_text(text[begin:]), final=final))

    def _restart(self, cut_chars: int) -> None:
        self.lines.clear()
        self.settled = 0
        self._taken = cut_chars

    def _take(self, text: str) -> int:
        """Take whole lines; returns the first line changed."""
        first = self.settled
        del self.lines[first:]
        self.lines.extend(wrap_plain(text.removesuffix("\n"), self.width, self.look))
        self.settled = len(self.lines)
        return first

    def _draw(self, partial: str, *, final: bool) -> int:
        """Draw what is not settled, with the unfinished line; returns the first line changed."""
        first = self.settled
        del self.lines[first:]
        if partial:
            self.lines.extend(wrap_plain(partial, self.width, self.look))
        return first


def _broken(raw: str) -> str:
    """Whole lines of `raw`, those over the limit broken, safe."""
    lines = raw.split("\n")
    if max(map(len, lines)) <= MAX_LINE:
        return safe_text(raw)
    parts: list[str] = []
    for line in lines:
        if len(line) <= MAX_LINE:
            parts.append(safe_text(line))
        else:
            parts.extend(
                safe_text(line[at : at + MAX_LINE]) for at in range(0, len(line), MAX_LINE)
            )
    return "\n".join(parts)
