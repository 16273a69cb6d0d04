"""Source code with colours."""

from __future__ import annotations

from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.render.code import MAX_HIGHLIGHTED, code_lines, colour_later, colour_now
from lashtui.render.colour_budget import MAX_COLOURING, PER_CHARACTER, ColourBudget
from lashtui.render.lexers import LEXERS
from lashtui.render.styles import CODE, line_text

WIDE = 10_000
"""Cells: no line is broken."""


def still() -> ColourBudget:
    """One that is never used up."""
    return ColourBudget(lambda: 0.0)


def ticking(tokens: float) -> ColourBudget:
    """One for so many tokens of one block."""
    ticks = count()
    return ColourBudget(lambda: next(ticks) * MAX_COLOURING / tokens)


def test_every_character_stays() -> None:
    """Leading and trailing blank lines too, which lexers like to strip."""
    source = "\n\ndef f():\n\treturn 'a'\n\n"
    text = [line_text(line) for line in code_lines(source, "python", 80)]
    assert text == ["", "", "def f():", "    return 'a'", "", ""]


def test_unknown_languages_and_huge_sources_are_plain() -> None:
    """No colours, and no time spent on them."""
    for name in ("klingon", "", "batch", "common-lisp", "python2", "text", "x" * 10_000):
        assert code_lines("x = 1", name, 80) == [(("x = 1", CODE),)]
    huge = "x = 1\n" * (MAX_HIGHLIGHTED // 6 + 1)
    assert {style for line in code_lines(huge, "python", 80) for _, style in line} == {CODE}


def test_a_failing_lexer_costs_only_the_colours() -> None:
    """The source is shown, even if a lexer drops text or invents some."""

    class Broken:
        def __init__(self, *tokens: str) -> None:
            self.tokens = tokens

        def get_tokens_unprocessed(self, source: str) -> object:
            yield from ((0, "Token.Keyword", text) for text in self.tokens)
            if not self.tokens:
                raise RuntimeError(source)

    for tokens in ((), ("x",), ("x", "y"), ("x =", "1"), ("x = 1\n", "more")):
        with patch("lashtui.render.code.lexer", lambda name, tokens=tokens: Broken(*tokens)):
            lines = code_lines("x = 1", "python", 80)
            assert [line_text(line) for line in lines] == ["x = 1"], tokens


@settings(deadline=None)  # the first example of a language loads its lexer
@given(
    st.sampled_from(sorted(set(LEXERS.values()))),
    st.text(st.sampled_from("aZ_ 0.:;,=<>(){}[]#$@%&|\\/*-+!?\"'`\n\té漢"), max_size=300),
    st.integers(min_value=0, max_value=60),
)
def test_text_stays_wherever_the_time_runs_out(name: str, source: str, tokens: int) -> None:
    """All of it, in order, once, in every language; coloured as far as the time allowed."""
    lines = code_lines(source, name, WIDE, budget=ticking(tokens + 0.5))
    assert list(map(line_text, lines)) == list(map(line_text, code_lines(source, "", WIDE)))
    assert sum(style != CODE for line in lines for _, style in line) <= tokens + source.count("\n")


def test_the_rest_is_plain_when_time_runs_out() -> None:
    """The beginning has its colours."""
    source = "def f(): pass\n" * 100
    lines = code_lines(source, "python", 80, budget=ticking(50))
    styles = [{style for _, style in line} for line in lines]
    assert styles[0] != {CODE}
    assert styles[50:100] == [{CODE}] * 50


def test_blocks_that_take_too_long_leave_nothing_for_the_next() -> None:
    """Until others have added the time again: many slow blocks cost what their length allows."""
    budget = ticking(50)
    source = "def f(): pass"
    dear = source + "\n" + "x = 1\n" * 100
    assert code_lines(dear, "python", 80, budget=budget)[-2] == (("x = 1", CODE),)
    assert code_lines(source, "python", 80, budget=budget) == [((source, CODE),)]
    budget.begin(int(MAX_COLOURING / PER_CHARACTER))
    assert code_lines(source, "python", 80, budget=budget) != [((source, CODE),)]


@pytest.mark.parametrize(
    ("language", "source", "tone"),
    [
        ("bash", "ls # all", "comment"),
        ("console", "a\n$ echo 'b'", "string"),
        ("make", "# all", "comment"),
        ("pycon", ">>> 'b'", "string"),
    ],
)
def test_the_last_line_is_coloured_like_the_others(language: str, source: str, tone: str) -> None:
    """A block's text lacks the final newline that lexers expect."""
    lines = code_lines(source, language, 80, budget=still())
    assert [line_text(line) for line in lines] == source.split("\n")
    assert lines[-1][-1][1].tone == tone


@pytest.mark.parametrize("name", ["console", "make", "pycon"])
def test_what_is_coloured_piece_by_piece_is_whole(name: str) -> None:
    """Pieces are split between lines."""
    source = "$ echo 'b' # c\n>>> f('b')\na: b\n" * 400 + "\n\n$ x"
    lines = code_lines(source, name, 80, budget=still())
    assert [line_text(line) for line in lines] == source.split("\n")
    assert {style for line in lines[-30:] for _, style in line} != {CODE}


def test_an_endless_lexer_is_abandoned() -> None:
    """At the deadline, even if it yields nothing."""

    class Endless:
        def get_tokens_unprocessed(self, source: str) -> object:
            while True:
                yield 0, "Token.Text", ""

    with patch("lashtui.render.code.lexer", lambda name: Endless()):
        lines = code_lines("x", "python", 80, budget=ticking(50))
    assert [line_text(line) for line in lines] == ["x"]


def test_long_lines_are_wrapped() -> None:
    """Code is never cut off."""
    lines = code_lines("x = " + "y" * 50, "python", 20)
    assert "".join(line_text(line) for line in lines).replace(" ", "") == "x=" + "y" * 50
    assert all(len(line_text(line)) <= 20 for line in lines)


def test_colours_can_wait_for_the_first_picture() -> None:
    """The same lines without colours; afterwards it is known whether any must be redrawn."""
    coloured = code_lines("def f(): pass", "python", 80)
    colour_later()
    try:
        plain = code_lines("def f(): pass", "python", 80)
        assert [line_text(line) for line in plain] == [line_text(line) for line in coloured]
        assert {style for line in plain for _, style in line} == {CODE}
    finally:
        assert colour_now()
    assert code_lines("def f(): pass", "python", 80) == coloured
    assert not colour_now(), "nothing waits any more"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", " " * 1500 + "x"),
        ("c", "\n" * 16_000),
        ("json", "+" + "x;" * 15_000),
    ],
)
def test_what_slows_lexers_down_is_plain(language: str, source: str) -> None:
    """Runs of spaces and newlines, and very long lines, may take a lexer seconds."""
    lines = code_lines(source, language, 80)
    assert {style for line in lines for _, style in line} <= {CODE}
