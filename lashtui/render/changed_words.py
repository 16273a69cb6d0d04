"""Which words of a changed line are new, and which line it was before. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from lashtui.render.styles import ADDED, BOLD, DELETED, UNDERLINE, Run, TextStyle
from lashtui.render.wrap import TAB_SIZE, cap_marks
from lashtui.text.linediff import Work, common
from lashtui.text.patch import Row, Sign
from lashtui.text.sanitize import safe_text

MAX_MARKED: Final = 400
"""Pairs of lines whose words are compared: as many as are shown in place."""
MAX_MARKED_CHARS: Final = 500
"""Characters of such a line: in longer ones nobody looks for a word."""
MARK_STEPS: Final = 40_000
"""Steps for all of them together, about 5 ms."""
PAIR_STEPS: Final = MARK_STEPS // MAX_MARKED
"""Steps that each pair counts for besides, so that no more are looked at."""
MAX_CANDIDATES: Final = 64
"""Pairs of a deleted and an added line that are tried where their numbers differ."""
_ALIKE: Final = 0.4
"""The share of a line that must be on the other side too, or all of it is new."""
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
_ADDED, _DELETED = (TextStyle(style.tone, BOLD | UNDERLINE) for style in (ADDED, DELETED))


class Changed(msgspec.Struct):
    """Of the rows of a hunk, by their numbers."""

    runs: dict[int, list[Run]] = {}
    """Of lines that were changed rather than replaced: the changed words marked."""
    partners: dict[int, int] = {}
    """By the number of a deleted line, that of the line which it has become; in order."""


class Block(NamedTuple):
    """Deleted rows and the added ones that follow them, by their numbers."""

    olds: range
    news: range


def shown_row(text: str) -> str:
    """A line of a file as it is shown."""
    return cap_marks(safe_text(text).replace("\n", "").expandtabs(TAB_SIZE))


def block_at(rows: Sequence[Row], begin: int) -> Block:
    """The changes that begin there; empty where nothing is changed."""
    middle = _end(rows, begin, "-")
    return Block(range(begin, middle), range(middle, _end(rows, middle, "+")))


def _end(rows: Sequence[Row], begin: int, sign: Sign) -> int:
    """Behind the rows of this sign; what is said of such a row (`\\`) belongs to it."""
    at = begin
    while at < len(rows) and (rows[at].sign == sign or (at > begin and rows[at].sign == "\\")):
        at += 1
    return at


def changed(rows: Sequence[Row], work: Work) -> Changed:
    """What became of the changed lines, as far as `work` lasts."""
    found = Changed()
    at = 0
    while at < len(rows) and work.left > 0:
        block = block_at(rows, at)
        at = max(at + 1, block.news.stop)
        olds = [each for each in block.olds if rows[each].sign == "-"]
        news = [each for each in block.news if rows[each].sign == "+"]
        if len(olds) == len(news):
            for old, new in zip(olds, news, strict=True):
                _compare(rows, old, new, work, found)
        elif len(olds) * len(news) <= MAX_CANDIDATES:
            for old in olds:
                for place, new in enumerate(news):
                    if _compare(rows, old, new, work, found):
                        del news[: place + 1]
                        break
    return found


def _compare(rows: Sequence[Row], old: int, new: int, work: Work, found: Changed) -> bool:
    """Note the changed words of both lines; False if they have little in common."""
    before, after = rows[old].text, rows[new].text
    if max(len(before), len(after)) > MAX_MARKED_CHARS or work.left <= 0:
        return False
    olds, news = _WORDS.findall(shown_row(before)), _WORDS.findall(shown_row(after))
    pairs, _ = common(olds, news, work)
    work.left -= len(olds) + len(news) + PAIR_STEPS
    kept = sum(len(olds[x]) for x, _ in pairs if not olds[x].isspace())
    size = max(sum(len(word) for word in words if not word.isspace()) for words in (olds, news))
    if not size or kept < _ALIKE * size:
        return False
    found.partners[old] = new
    found.runs[old] = _runs(olds, {x for x, _ in pairs}, DELETED, _DELETED)
    found.runs[new] = _runs(news, {y for _, y in pairs}, ADDED, _ADDED)
    return True


def _runs(words: Sequence[str], kept: set[int], plain: TextStyle, marked: TextStyle) -> list[Run]:
    runs: list[Run] = []
    for at, word in enumerate(words):
        style = plain if at in kept else marked
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + word, style)
        else:
            runs.append((word, style))
    return runs
