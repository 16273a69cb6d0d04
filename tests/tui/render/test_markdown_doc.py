"""Growing Markdown: the same result as rendering it at once, at the cost of what is new."""

from __future__ import annotations

import random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lashtui.render import markdown_budget, markdown_doc
from lashtui.render.markdown import BlockWriter, parser, render
from lashtui.render.markdown_doc import MarkdownDoc
from lashtui.render.styles import Line, line_text
from lashtui.text.sanitize import safe_text

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


@given(
    SOURCES,
    st.integers(min_value=0, max_value=80_000),
    st.lists(st.integers(min_value=1, max_value=20), min_size=1, max_size=8),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_a_message_that_costs_too_much_is_cut_at_the_same_line_however_it_comes(
    text: str, most: int, cuts: list[int], final: bool
) -> None:
    """Also within a list, a table or a quote."""
    with patch.object(markdown_budget, "MAX_COST", most):
        once = MarkdownDoc(40)
        once.feed(text, final=final)
        assert grown(text, 40, cuts, final=final) == once.lines


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("most", [0, 300_000, 1_000_000])
def test_long_blocks_that_cost_too_much_too(kind: str, most: int) -> None:
    """Where blocks are settled in part, the line is the same."""
    text = LONG[kind] + "\n```\n\nafter *it*\n\n- more\n"
    cuts = [random.Random(kind).randint(1, 400) for _ in range(50)]
    with patch.object(markdown_budget, "MAX_COST", most):
        once = MarkdownDoc(70)
        once.feed(text, final=False)
        assert grown(text, 70, cuts, final=False) == once.lines


TEMPLATES = [
    *("{}\n", "{} *{}* {}\n", "\n", "- {}\n", "  - {}\n", "1. {}\n", "> {}\n", "> > {}\n"),
    *(
        "# {}\n",
        "`{}` ~~{}~~\n",
        "\n|{}|{}|\n|-|-|\n",
        "|{}|{}|\n",
        "```\n",
        "    {}\n",
        "[{}](x)\n",
    ),
]


@given(
    st.lists(st.sampled_from(TEMPLATES), max_size=30),
    st.integers(min_value=0, max_value=100_000),
    st.sampled_from([10, 40]),
)
@settings(deadline=None)
def test_no_word_is_lost_where_a_message_costs_too_much(
    rows: list[str], most: int, width: int
) -> None:
    """What is not drawn as Markdown is shown verbatim."""
    count = sum(row.count("{}") for row in rows)
    words = iter([f"w{number}w" for number in range(count)])
    text = "".join(row.format(*(next(words) for _ in range(row.count("{}")))) for row in rows)
    with patch.object(markdown_budget, "MAX_COST", most):
        doc = MarkdownDoc(width)
        doc.feed(text)
    shown = "".join("".join(map(line_text, doc.lines)).split()).replace("▏", "")
    assert all(f"w{number}w" in shown for number in range(count))


def test_what_costs_too_much_is_shown_verbatim() -> None:
    """From the line that exceeds the budget on, after a blank line."""
    text = "*one*\n\n- two\n- three\n- *four*\n\n*five*\n"
    with patch.object(markdown_budget, "MAX_COST", markdown_budget.cost_of(text[:20])):
        doc = MarkdownDoc(40)
        doc.feed(text + "*six*\n# more", final=False)
    assert [line_text(line) for line in doc.lines] == [
        *("one", "", "• two", "", "- three", "- *four*", "", "*five*", "*six*", "# more")
    ]


def test_where_a_block_is_cut_it_is_not_taken_for_more_of_the_one_before() -> None:
    """A table that begins under a paragraph is one only by its second line."""
    text = "para\n|a|b|\n|-|-|\n|1|2|\n"
    with patch.object(markdown_budget, "MAX_COST", markdown_budget.cost_of(text[:11])):
        once = MarkdownDoc(40)
        once.feed(text + "\nmore\n", final=False)
        assert grown(text + "\nmore\n", 40, [1], final=False) == once.lines
    assert [line_text(line) for line in once.lines[:3]] == ["para", "", "|a|b|"]


def test_a_message_that_starts_over_has_a_new_budget() -> None:
    """When its head was cut beyond what had been drawn."""
    with patch.object(markdown_budget, "MAX_COST", 20_000):
        doc = MarkdownDoc(40)
        doc.feed("*a*\n\n" * 9, final=False)
        assert "*a*" in map(line_text, doc.lines)
        doc.feed("*new*\n", 1000, final=False)
    assert [line_text(line) for line in doc.lines] == ["new"]


HOSTILE = {
    "short lines": "a\n",
    "quotes": "> a\n",
    "lazy quotes": "> a\nb\n",
    "deep quotes": ">" * 99 + " a\n",
    "references": "[r1]: http://x/1\n",
    "emphasis": "*_**~~\n",
    "items": "- a\n",
    "items in items": "- - - - a\n",
    "one item": "  b\n",
    "short tables": "|a|\n|-|\n" + "|\n" * 31 + "# a\n",
    "tables": "|a|b|\n|-|-|\n" + "|1|2|\n" * 200 + "\n",
    "paragraphs that are broken": "a\n\n" + "a\n" * 2100 + "\n",
    "fences": "```\na\n```\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_megabyte_is_parsed_about_once_and_up_to_the_bound(kind: str) -> None:
    """In characters given to the parser, whose costs may be a hundredfold by the character."""
    piece = HOSTILE[kind]
    text = (
        "- a\n" + piece * (1_000_000 // len(piece))
        if kind == "one item"
        else piece * (1_000_000 // len(piece))
    )
    parsed: list[str] = []
    real = MarkdownIt.parse

    def counted(self: MarkdownIt, source: str) -> object:
        parsed.append(source)
        return real(self, source)

    with patch.object(MarkdownIt, "parse", counted):
        doc = MarkdownDoc(80)
        doc.feed(text)
    lines = sum(source.count("\n") for source in parsed)
    most = markdown_budget.MAX_COST // markdown_budget.cost_of("\n")
    assert lines < 5 * most
    assert sum(map(len, parsed)) < 1_000_000


def test_an_open_fence_is_coloured_when_it_closes() -> None:
    """Until then its lines are plain; an unclosed one is coloured at the end of the message."""

    def tones(doc: MarkdownDoc) -> set[str]:
        return {style.tone for line in doc.lines for _, style in line if line}

    doc = MarkdownDoc(60)
    text = "```python\ndef f(): pass\n"
    doc.feed(text, final=False)
    assert "keyword" not in tones(doc)
    doc.feed(text + "```\n", final=False)
    assert "keyword" in tones(doc)
    cut_off = MarkdownDoc(60)
    cut_off.feed(text, final=True)
    assert "keyword" in tones(cut_off)


def test_a_message_that_continues_after_its_end_is_drawn_right() -> None:
    """A fence coloured because the message seemed over is open again."""
    doc = MarkdownDoc(60)
    doc.feed("a\n\n```\nx\n", final=True)
    doc.feed("a\n\n```\nx\ny\n", final=False)
    assert [line_text(line) for line in doc.lines] == ["a", "", "  x", "  y"]


def test_a_head_cut_off_changes_nothing_that_is_shown() -> None:
    """The view may drop the start of a huge text: what was drawn stays, the rest continues."""
    doc = MarkdownDoc(60)
    doc.feed("one\n\ntwo\n\nthr", final=False)
    doc.feed("two\n\nthree", 5, final=False)
    assert [line_text(line) for line in doc.lines] == ["one", "", "two", "", "three"]
    doc.feed("later text", 100, final=False)
    assert [line_text(line) for line in doc.lines] == ["later text"]
