"""Where the matches of a search are in the lines that a row has at present."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lashtui.reading.search import Match, Query
    from lashtui.render.styles import Line
    from lashtui.widgets.transcript.row import Row

MAX_ROWS: Final = 200
"""Rows whose matches are kept: some screens of them."""
MAX_CHARS: Final = 256 * 1024
"""Characters of a row that are looked through: about 5 ms, at most once a frame."""

Spot = tuple[int, int]
"""A line of a row (without its lead) and the character where the match begins."""
Span = tuple[int, int]
"""The first character of a line, and the one behind the last."""


class RowMatches:
    """Matches in rendered rows; kept until the row is rendered again."""

    def __init__(self) -> None:
        """Nothing is looked for yet."""
        self._query: Query | None = None
        self._known: dict[str, tuple[int, list[Spot], dict[int, list[Span]]]] = {}

    @property
    def query(self) -> Query | None:
        """What is looked for; None finds nothing."""
        return self._query

    @query.setter
    def query(self, query: Query | None) -> None:
        self._query = query
        self._known.clear()

    def by_line(self, row: Row) -> dict[int, list[Span]]:
        """Spans by line (without the lead); a match over several lines has a span in each."""
        return self._find(row)[1]

    def spots(self, row: Row) -> list[Spot]:
        """Where each match begins, in order."""
        return self._find(row)[0]

    def spot(self, row: Row, match: Match, total: int) -> Spot | None:
        """Where this match is drawn, if it is; `total` matches are in what the entry says.

        A call's head repeats an argument, or the first line, from below: matches in it are not
        counted.
        """
        spots, entry = self.spots(row), row.entry
        number = match.number
        if entry is not None and entry.kind in ("tool", "code") and not row.folded:
            assert self._query is not None
            name = (entry.name or "") if entry.kind == "tool" else ""
            in_name = self._query.count(name if self._query.exact_case else name.lower())
            if number >= in_name:
                number += max(0, sum(1 for spot in spots if spot[0] == 0) - in_name)
        if number < len(spots):
            return spots[number]
        # Markdown draws less than was written, such as the address of a link.
        drawn_whole = entry is not None and entry.kind in ("prose", "user", "error")
        return spots[-1] if spots and drawn_whole and total > len(spots) else None

    def _find(self, row: Row) -> tuple[list[Spot], dict[int, list[Span]]]:
        known = self._known.get(row.key)
        if known is not None and known[0] == row.version:
            return known[1], known[2]
        spots: list[Spot] = []
        lines: dict[int, list[Span]] = {}
        pattern = self._query.pattern if self._query is not None else None
        if pattern is not None and row.lines:
            texts = [_searched(line) for line in row.lines]
            starts = [0, *accumulate(len(text) + 1 for text in texts)]
            for found in pattern.finditer("\n".join(texts), 0, MAX_CHARS):
                begin, end = found.span()
                first = line = bisect_right(starts, begin) - 1
                spots.append((first, begin - starts[first]))
                while line < len(texts) and starts[line] < end:
                    left = max(begin, starts[line]) - starts[line]
                    right = min(end - starts[line], len(texts[line]))
                    if line > first:
                        # A wrapped match continues at the text, not in the margin before it.
                        left = len(texts[line]) - len(texts[line].lstrip())
                    if right > left:
                        lines.setdefault(line, []).append((left, right))
                    line += 1
        if len(self._known) >= MAX_ROWS:
            self._known.clear()
        self._known[row.key] = (row.version, spots, lines)
        return spots, lines


def _searched(line: Line) -> str:
    """The text of a line, the numbers of lines blanked."""
    return "".join([" " * len(text) if look.tone == "gutter" else text for text, look in line])
