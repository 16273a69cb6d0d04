"""Source code as lines with syntax colours. Pygments is imported with the first code that comes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from lashtui.render.diff import DIFFS, diff_lines
from lashtui.render.look import ADDED, CODE, COMMENT, DELETED, Line, Look, Run
from lashtui.render.wrap import TAB_SIZE, unpile, wrap, wrap_plain

MAX_HIGHLIGHTED: Final = 64 * 1024
"""Characters: more takes over 50 ms to colour, and nobody reads that much of it here."""

MAX_LINE: Final = 400
"""Characters of a line: lexers may cost the cube of what they stumble over."""
_LONG_SPACE = re.compile(r"(?<!\s)\s{51}")
"""More white space in a row than honest code has: 1,500 of it took 10 s of one lexer."""

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


_later: set[str] | None = None
"""Languages that were asked for while colours wait; None: they don't."""


def colour_later() -> None:
    """Show code without colours for now: the first lexer costs 25 ms, more than a whole screen."""
    global _later  # noqa: PLW0603  # one switch for the process, as the lexers are
    _later = set() if _later is None else _later


def colour_now() -> bool:
    """From now on in colours. True if code was shown without: it is to be drawn again."""
    global _later
    languages, _later = _later, None
    for language in languages or ():
        _lexer(language)
    return bool(languages)


def code_lines(source: str, language: str, width: int) -> list[Line]:
    """Safe `source` in colours, hard-wrapped to `width`."""
    language = language.lower()[:40]
    if language in DIFFS:
        return diff_lines(source, width)
    source = source.expandtabs(TAB_SIZE) if "\t" in source else source
    if not language or _is_dear(source):
        return wrap_plain(source, width, CODE)
    if _later is not None:
        _later.add(language)
        return wrap_plain(source, width, CODE)
    lexer = _lexer(language)
    if lexer is None:
        return wrap_plain(source, width, CODE)
    try:
        rows = _runs_by_line(lexer, unpile(source))
    except Exception:  # one of 600 lexers stumbling over a source is no reason to fail
        return wrap_plain(source, width, CODE)
    return [line for runs in rows for line in wrap(runs, width)]


def _is_dear(source: str) -> bool:
    """Whether colouring it might take longer than anybody would wait for a frame."""
    if len(source) > MAX_HIGHLIGHTED or _LONG_SPACE.search(source) is not None:
        return True
    return max(map(len, source.split("\n"))) > MAX_LINE


def _runs_by_line(lexer: Any, source: str) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    # The lexer is asked for its tokens as they are: get_tokens would strip and add newlines.
    for _, token, text in lexer.get_tokens_unprocessed(source):
        look = _look(token)
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part, look))
    return lines


@lru_cache(maxsize=512)
def _look(token: Any) -> Look:
    name = str(token)
    for prefix, look in _LOOKS:
        if name.startswith(prefix):
            return look
    return CODE


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None
