"""Source code as lines with syntax colours. Pygments is imported when the first code is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from lashtui.render.colour_budget import ColourBudget
from lashtui.render.diff import DIFFS, diff_lines
from lashtui.render.lexers import LEXERS, PIECEMEAL, lexer
from lashtui.render.linked import linked
from lashtui.render.styles import ADDED, CODE, COMMENT, DELETED, Line, Run, TextStyle
from lashtui.render.wrap import TAB_SIZE, cap_marks, with_gutter, wrap, wrap_plain
from lashtui.text.links import may_hold_links

MAX_HIGHLIGHTED: Final = 64 * 1024
"""Characters: more takes over 50 ms to colour, and nobody reads that much here."""

MAX_LINE: Final = 400
"""Characters of a line: some lexers take cubic time on input that they can't match."""
_LONG_SPACE = re.compile(r"(?<!\s)\s{51}")
"""More white space in a row than ordinary code has: 1,500 characters of it took one lexer 10 s."""
_PIECE: Final = 2048
"""Characters per call for a lexer that yields nothing before it has read all of its input."""

_KEYWORD, _STRING = TextStyle("keyword"), TextStyle("string")
_NUMBER, _NAME = TextStyle("number"), TextStyle("name")
_STYLES: Final[tuple[tuple[str, TextStyle], ...]] = (
    ("Token.Comment", COMMENT),
    ("Token.Keyword", _KEYWORD),
    ("Token.Operator.Word", _KEYWORD),
    ("Token.Literal.String", _STRING),
    ("Token.Literal.Number", _NUMBER),
    ("Token.Name.Function", _NAME),
    ("Token.Name.Class", _NAME),
    ("Token.Name.Decorator", _NAME),
    ("Token.Name.Tag", _NAME),
    ("Token.Name.Attribute", _NAME),
    ("Token.Generic.Inserted", ADDED),
    ("Token.Generic.Deleted", DELETED),
    ("Token.Generic.Heading", COMMENT),
    ("Token.Generic.Subheading", COMMENT),
)


_BUDGET = ColourBudget()
"""Shared by all code of the process, which is drawn in one thread."""
_later: set[str] | None = None
"""Lexers needed since colouring was postponed; None if it is not."""


def colour_later() -> None:
    """Show code without colours for now: loading the first lexer takes longer than a screen."""
    global _later  # noqa: PLW0603  # one switch for the process, like the lexers
    _later = set() if _later is None else _later


def colour_now() -> bool:
    """Show code in colours from now on. True if some was shown without and must be redrawn."""
    global _later
    names, _later = _later, None
    for name in names or ():
        lexer(name)
    return bool(names)


def code_lines(
    source: str, language: str, width: int, *, budget: ColourBudget | None = None
) -> list[Line]:
    """Safe `source`, coloured as far as the budget allows, hard-wrapped to `width`.

    `budget` defaults to the one of the process.
    """
    if language.lower() in DIFFS:
        return diff_lines(source, width)
    rows = coloured(source, language, budget)
    if rows is None:
        return wrap_plain(source, width, CODE)
    return [line for runs in rows for line in wrap(runs, width)]


def numbered_lines(
    source: str, language: str, width: int, numbers: Sequence[str], most: int
) -> tuple[list[Line], int]:
    """The same with a number before each line of `source`: at most `most` lines, and how many lines
    of `source` they show. The numbers are not part of the text.
    """
    rows = coloured(source, language)
    if rows is None:
        plain = cap_marks(source.expandtabs(TAB_SIZE)).split("\n")
        rows = [[(row, CODE)] if row else [] for row in plain]
    size = max(map(len, numbers), default=0)
    lines: list[Line] = []
    shown = 0
    for runs, number in zip(rows, numbers, strict=False):
        lines += with_gutter(wrap(runs, max(1, width - size - 2)), number.rjust(size))
        if len(lines) > most:
            break
        shown += 1
    return lines[:most], shown


def coloured(
    source: str, language: str, budget: ColourBudget | None = None
) -> list[list[Run]] | None:
    """The runs of each line of safe `source`; None without colours."""
    source = source.expandtabs(TAB_SIZE) if "\t" in source else source
    name = LEXERS.get(language.lower())
    if name is None or _is_expensive(source):
        return None
    if _later is not None:
        _later.add(name)
        return None
    found = lexer(name)
    if found is None:
        return None
    # Lexer rules end at newlines: without one, a comment on the last line would not be matched.
    source = cap_marks(source) + "\n"
    tokens = _tokens(found, _pieces(source) if name in PIECEMEAL else (source,))
    rows = _rows(_runs(tokens, source, budget or _BUDGET))[:-1]
    return [linked(runs) for runs in rows] if may_hold_links(source) else rows


def _is_expensive(source: str) -> bool:
    """Whether colouring it might delay a frame noticeably."""
    if len(source) > MAX_HIGHLIGHTED or _LONG_SPACE.search(source) is not None:
        return True
    return max(map(len, source.split("\n"))) > MAX_LINE


def _tokens(found: Any, pieces: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """Kind and text of each token, up to where the lexer fails."""
    try:
        for piece in pieces:
            # Not get_tokens(), which strips and adds newlines.
            for _, kind, text in found.get_tokens_unprocessed(piece):
                yield kind, text
    except Exception:  # any bug of a lexer: the rest is shown plain
        return


def _runs(tokens: Iterable[tuple[Any, str]], source: str, budget: ColourBudget) -> Iterator[Run]:
    """All of `source`, coloured as far as tokens come in time and match it."""
    at = 0
    budget.begin(len(source))
    for kind, text in tokens:
        if budget.is_spent() or not source.startswith(text, at):
            break
        yield text, _style(kind)
        at += len(text)
    budget.end()
    yield source[at:], CODE


def _pieces(source: str) -> Iterator[str]:
    """Whole lines, _PIECE characters or up to one line more at a time.

    A construct that spans two pieces may get the wrong colours.
    """
    at = 0
    while at < len(source):
        end = source.find("\n", at + _PIECE) + 1 or len(source)
        yield source[at:end]
        at = end


def _rows(runs: Iterator[Run]) -> list[list[Run]]:
    """The runs of each line."""
    rows: list[list[Run]] = [[]]
    for text, style in runs:
        for number, part in enumerate(text.split("\n")):
            if number:
                rows.append([])
            if part:
                rows[-1].append((part, style))
    return rows


@lru_cache(maxsize=512)
def _style(token: Any) -> TextStyle:
    name = str(token)
    for prefix, style in _STYLES:
        if name.startswith(prefix):
            return style
    return CODE
