"""A line of Markdown as plain text: without the marks of emphasis and of code. Pure.

Only what is a mark beyond doubt is removed: `snake_case`, `2 * 3` and `*.py` stay as they are, and
so does what stands between backticks.
"""

from __future__ import annotations

import re

MAX_LINE = 4096
"""Characters of a line that is looked at; a longer one is left as it is."""
_BLOCK = re.compile(r"(?:#{1,6} +|> +)")
"""A heading, a quotation."""
_EMPHASIS = tuple(
    re.compile(
        rf"(?<![\w{each}]){each}{{{count}}}(?=[^\s{each}.])([^{each}]*[^\s{each}]){each}{{{count}}}(?![\w{each}])"
    )
    for each, count in ((r"\*", 3), (r"\*", 2), (r"\*", 1), ("_", 2), ("_", 1), ("~", 2))
)
"""Each passes over the text once: what it encloses has no mark of its own kind."""
_BEGUN = re.compile(r"\*\*(?=\w)")
"""Emphasis whose end is still to be written, or was cut off."""


def without_marks(line: str) -> str:
    """`Done, see fix.py` of `**Done**, see `fix.py``."""
    if len(line) > MAX_LINE:
        return line
    found = _BLOCK.match(line)
    pieces = line[found.end() if found else 0 :].split("`")
    # Between backticks is code. One that is not closed is a mark as well: the line was cut.
    texts = [piece if number % 2 else _plain(piece) for number, piece in enumerate(pieces)]
    return "".join(texts)


def _plain(text: str) -> str:
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\1", text)
    return _BEGUN.sub("", text, 1) if text.startswith("**") else text
