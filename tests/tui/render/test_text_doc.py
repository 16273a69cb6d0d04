"""Verbatim text that grows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.render.markdown_doc import MarkdownDoc
from lashtui.render.styles import line_text
from lashtui.render.text_doc import MAX_LINE, TextDoc
from lashtui.render.wrap import width_of

PIECES = st.lists(
    st.sampled_from(["a", "word ", "\n", "\r\n", "\t", "\x1b[1m", "\u4e2d", "x" * 3000]),
    max_size=30,
).map("".join)


@given(PIECES, st.integers(min_value=1, max_value=5000))
@settings(max_examples=100, deadline=None)
def test_any_split_into_deltas_gives_the_same(text: str, step: int) -> None:
    """Lines do not depend on how they came, also where they are broken for their length."""
    once, grown = TextDoc(20), TextDoc(20)
    once.feed(text)
    for end in range(step, len(text) + step, step):
        grown.feed(text[:end])
    assert grown.lines == once.lines


def test_shown_verbatim() -> None:
    """No Markdown, indentation and blank lines kept."""
    doc = TextDoc(20)
    doc.feed("# a\n\n  *b*\n")
    assert [line_text(line) for line in doc.lines] == ["# a", "", "  *b*"]


def test_an_endless_line_settles_as_it_grows() -> None:
    """What is drawn again with a delta stays below the bound."""
    doc = TextDoc(80)
    text = "x" * 100_000
    doc.feed(text)
    changed = doc.feed(text + "y")
    assert len(doc.lines) - changed <= MAX_LINE // 80 + 2
    assert all(width_of(line) <= 80 for line in doc.lines)


@pytest.mark.parametrize("kind", [TextDoc, MarkdownDoc])
@pytest.mark.parametrize("step", [100_000, 7])
def test_a_long_line_is_broken_between_words(kind: type[TextDoc], step: int) -> None:
    """Whoever reads a paragraph of many pages finds each word whole."""
    words = [f"word-{number}" for number in range(2000)]
    text = " ".join(words)
    doc = kind(80)
    for end in range(step, len(text) + step, step):
        doc.feed(text[:end])
    assert " ".join(line_text(line).strip() for line in doc.lines).split() == words
