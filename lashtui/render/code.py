"""Source code as lines with syntax colours. Pygments is imported with the first code that comes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from lashtui.render.colour_budget import Allowance
from lashtui.render.diff import DIFFS, diff_lines
from lashtui.render.lexers import LEXERS, PIECEMEAL, lexer
from lashtui.render.styles import ADDED, CODE, COMMENT, DELETED, Line, Look, Run
from lashtui.render.wrap import TAB_SIZE, unpile, wrap, wrap_plain

MAX_HIGHLIGHTED: Final = 64 * 1024
"""Characters: more takes over 50 ms to colour, and nobody reads that much of it here."""

MAX_LINE: Final = 400
"""Characters of a line: lexers may cost the cube of what they stumble over."""
_LONG_SPACE = re.compile(r"(?<!\s)\s{51}")
"""More white space in a row than honest code has: 1,500 of it took 10 s of one lexer."""
_PIECE: Final = 2048
"""Characters that a lexer gets at once which tells nothing before it has taken in all."""

_KEYWORD, _STRING, _NUMBER, _NAME = Look("keyword"), Look("string"), Look("number"), Look("name")
_LOOKS: Final[tuple[tuple[str, Look], ...]] = (
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


_ALLOWANCE = Allowance()
"""All code of the process shares it, as it shares the thread."""
_later: set[str] | None = None
"""Lexers that were asked for while colours wait; None: they don't."""


def colour_later() -> None:
    """Show code without colours for now: the first lexer costs 25 ms, more than a whole screen."""
    global _later  # noqa: PLW0603  # one switch for the process, as the lexers are
    _later = set() if _later is None else _later


def colour_now() -> bool:
    """From now on in colours. True if code was shown without: it is to be drawn again."""
    global _later
    names, _later = _later, None
    for name in names or ():
        lexer(name)
    return bool(names)


def code_lines(
    source: str, language: str, width: int, *, allowance: Allowance | None = None
) -> list[Line]:
    """Safe `source` in colours as far as the allowance goes, hard-wrapped to `width`.

    Without one of its own it has that of the process.
    """
    language = language.lower()
    if language in DIFFS:
        return diff_lines(source, width)
    source = source.expandtabs(TAB_SIZE) if "\t" in source else source
    name = LEXERS.get(language)
    if name is None or _is_dear(source):
        return wrap_plain(source, width, CODE)
    if _later is not None:
        _later.add(name)
        return wrap_plain(source, width, CODE)
    found = lexer(name)
    if found is None:
        return wrap_plain(source, width, CODE)
    # Rules end at newlines: without the last one, a comment at the end would be none.
    source = unpile(source) + "\n"
    tokens = _tokens(found, _pieces(source) if name in PIECEMEAL else (source,))
    rows = _rows(_runs(tokens, source, allowance or _ALLOWANCE))[:-1]
    return [line for runs in rows for line in wrap(runs, width)]


def _is_dear(source: str) -> bool:
    """Whether colouring it might take longer than anybody would wait for a frame."""
    if len(source) > MAX_HIGHLIGHTED or _LONG_SPACE.search(source) is not None:
        return True
    return max(map(len, source.split("\n"))) > MAX_LINE


def _tokens(found: Any, pieces: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """Kind and text of what a lexer sees, until it stumbles over something."""
    try:
        for piece in pieces:
            # The lexer's tokens as they are: get_tokens would strip and add newlines.
            for _, kind, text in found.get_tokens_unprocessed(piece):
                yield kind, text
    except Exception:  # whatever it is, the source is shown
        return


def _runs(tokens: Iterable[tuple[Any, str]], source: str, allowance: Allowance) -> Iterator[Run]:
    """All of `source`, in colours as far as its tokens come in time and spell it."""
    at = 0
    allowance.begin(len(source))
    for kind, text in tokens:
        if allowance.is_up() or not source.startswith(text, at):
            break
        yield text, _look(kind)
        at += len(text)
    allowance.end()
    yield source[at:], CODE


def _pieces(source: str) -> Iterator[str]:
    """Whole lines, _PIECE characters or a line more at a time.

    What goes on over a joint may have the wrong colours.
    """
    at = 0
    while at < len(source):
        end = source.find("\n", at + _PIECE) + 1 or len(source)
        yield source[at:end]
        at = end


def _rows(runs: Iterator[Run]) -> list[list[Run]]:
    """The runs of each line."""
    rows: list[list[Run]] = [[]]
    for text, look in runs:
        for number, part in enumerate(text.split("\n")):
            if number:
                rows.append([])
            if part:
                rows[-1].append((part, look))
    return rows


@lru_cache(maxsize=512)
def _look(token: Any) -> Look:
    name = str(token)
    for prefix, look in _LOOKS:
        if name.startswith(prefix):
            return look
    return CODE
