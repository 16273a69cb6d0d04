"""Text that widgets must survive, and the look at what they made of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hypothesis import strategies as st
from textual.strip import Strip

NASTY = [
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x1b]52;c;aGk=\x1b\\",
    "\u202eright to left\u202c",
    "\r\noverwrite\rline",
    "a\u0301" * 50,
    "\u200d\u200d\ufe0f\u200b",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u4e2d\u6587" * 30,
    "\ud800",
    "\x00\x07\x08\x0b\x0c\x7f",
    "```unterminated\n",
    "| a | b |\n|--|",
    "[bold]markup[/bold] [@click=app.quit]x[/]",
    "[x](https://e/\x1b]8;;evil\x07)",
    "\t\t",
    "**" * 40,
    "[" * 200,
    "> " * 120,
    "- " * 120,
]
BAD = ("Cc", "Cs", "Zl", "Zp")
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
TEXTS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=30)), max_size=8).map("".join)


def assert_harmless(strips: Iterable[Strip], width: int) -> None:
    """Nothing but printable text of exactly the width."""
    for strip in strips:
        assert strip.cell_length == width
        for text, style, control in strip:
            assert not control
            bad = [c for c in text if unicodedata.category(c) in BAD]
            assert not bad, repr(text)
            assert BIDI.isdisjoint(text), repr(text)
            if style is not None and style.link:
                assert style.link.isascii()
                assert style.link.isprintable()
