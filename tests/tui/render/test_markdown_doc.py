"""Markdown that grows: the same as if it had been there at once, at the cost of what is new."""

from __future__ import annotations

import random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.render import markdown_doc
from lashtui.render.look import Line, line_text
from lashtui.render.markdown import BlockWriter, parser, render
from lashtui.render.markdown_doc import MarkdownDoc
from lashtui.sanitize import safe_text

FRAGMENTS = [
    *("- ", "* ", "+ ", "1. ", "2) ", "\n", "\n\n", "\n\n\n", "> ", "# ", "## ", "```", "```py\n"),
    *("~~~", "---", "===", "    ", "  ", "text ", "**bo", "*", "_", "`", "[a](http", "s://b.c)"),
    *("\t", "2", "<b>", "![i](x)", "\\", "&amp;", "word", "\x1b[31m", "\u4e2d", "|"),
    *("|a|b|\n|-|-|\n", "|x|y|\n", "| 1 | 2"),
]
SOURCES = st.lists(st.sampled_from(FRAGMENTS), max_size=24).map("".join)


def grown(text: str, width: int, cuts: list[int], *, final: bool) -> list[Line]:
    """Feed `text` in pieces, checking that what is said to be unchanged is."""
    doc = MarkdownDoc(width)
    at = turn = 0
    before: list[Line] = []
    while at < len(text):
        at = min(len(text), at + cuts[turn % len(cuts)])
        turn += 1
        changed = doc.feed(text[:at], final=False)
        assert before[:changed] == doc.lines[:changed]
        before = list(doc.lines)
    doc.feed(text, final=final)
    return doc.lines


@given(
    SOURCES,
    st.sampled_from([10, 30, 80]),
    st.lists(st.integers(min_value=1, max_value=20), min_size=1, max_size=8),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_split_into_deltas_gives_the_same(
    text: str, width: int, cuts: list[int], final: bool
) -> None:
    """Rendering as it comes equals rendering at once."""
    once = MarkdownDoc(width)
    once.feed(text, final=final)
    assert grown(text, width, cuts, final=final) == once.lines


@given(SOURCES, st.sampled_from([10, 80]))
@settings(max_examples=60, deadline=None)
def test_a_finished_message_is_what_the_plain_renderer_makes_of_it(text: str, width: int) -> None:
    """Settling in steps loses nothing."""
    doc = MarkdownDoc(width)
    doc.feed(text, final=True)
    assert doc.lines == render(safe_text(text), width)


LONG = {
    "fence": "```python\n" + "".join(f"x = call({n})\n" for n in range(800)),
    "list": "".join(f"- item {n} with *words*\n" for n in range(800)),
    "numbers": "".join(f"1. item {n}\n" for n in range(800)),
    "table": "| a | b |\n|--|--|\n" + "".join(f"| {n} | words |\n" for n in range(800)),
    "paragraph": "".join(f"line {n} of a long paragraph\n" for n in range(300)),
    "quote": "".join(f"> line {n} of a long quote\n" for n in range(300)),
    "one line": "word " * 4000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("tail", ["", "\n```\n\nafter\n", "\n\nafter"])
def test_long_blocks_too(kind: str, tail: str) -> None:
    """Where blocks are broken or settled in part, the split still makes no difference."""
    text = LONG[kind] + tail
    once = MarkdownDoc(70)
    once.feed(text, final=False)
    cuts = [random.Random(kind).randint(1, 400) for _ in range(50)]
    assert grown(text, 70, cuts, final=False) == once.lines


@pytest.mark.parametrize("kind", LONG)
def test_a_delta_costs_what_the_open_piece_costs(kind: str) -> None:
    """However long the block, little text is parsed and drawn again for one more line."""
    doc = MarkdownDoc(70)
    doc.feed(LONG[kind], final=False)
    parsed: list[int] = []
    drawn: list[int] = []
    real, code = parser, BlockWriter.code

    class Counting:
        def __init__(self, inline: bool) -> None:
            self.inner = real(inline=inline)

        def parse(self, text: str) -> object:
            parsed.append(len(text))
            return self.inner.parse(text)

    def counted(writer: BlockWriter, source: str, language: str) -> list[Line]:
        drawn.append(len(source))
        return code(writer, source, language)

    with (
        patch.object(markdown_doc, "parser", lambda inline=True: Counting(inline)),
        patch.object(BlockWriter, "code", counted),
    ):
        changed = doc.feed(LONG[kind] + "x\ny", final=False)
    assert sum(parsed) <= 4 * (markdown_doc.MAX_BLOCK + 200)
    assert sum(drawn) <= 200
    assert changed > len(doc.lines) // 2


def test_an_open_fence_is_coloured_when_it_closes() -> None:
    """Until then its lines are plain; an unclosed one is coloured at the end of the message."""

    def tones(doc: MarkdownDoc) -> set[str]:
        return {look.tone for line in doc.lines for _, look in line if line}

    doc = MarkdownDoc(60)
    text = "```python\ndef f(): pass\n"
    doc.feed(text, final=False)
    assert "keyword" not in tones(doc)
    doc.feed(text + "```\n", final=False)
    assert "keyword" in tones(doc)
    cut_off = MarkdownDoc(60)
    cut_off.feed(text, final=True)
    assert "keyword" in tones(cut_off)


def test_a_message_that_goes_on_after_its_end_is_drawn_right() -> None:
    """A fence coloured because the message seemed over is open again."""
    doc = MarkdownDoc(60)
    doc.feed("a\n\n```\nx\n", final=True)
    doc.feed("a\n\n```\nx\ny\n", final=False)
    assert [line_text(line) for line in doc.lines] == ["a", "", "  x", "  y"]


def test_a_head_cut_off_changes_nothing_that_is_shown() -> None:
    """The view may drop the start of a huge text: what was drawn stays, the rest goes on."""
    doc = MarkdownDoc(60)
    doc.feed("one\n\ntwo\n\nthr", final=False)
    doc.feed("two\n\nthree", 5, final=False)
    assert [line_text(line) for line in doc.lines] == ["one", "", "two", "", "three"]
    doc.feed("later text", 100, final=False)
    assert [line_text(line) for line in doc.lines] == ["later text"]
