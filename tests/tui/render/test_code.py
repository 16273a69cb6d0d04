"""Source code with colours."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from lashtui.render.code import MAX_HIGHLIGHTED, code_lines, colour_later, colour_now
from lashtui.render.look import CODE, line_text


def test_every_character_stays() -> None:
    """Leading and trailing blank lines too, which lexers like to strip."""
    source = "\n\ndef f():\n\treturn 'a'\n\n"
    text = [line_text(line) for line in code_lines(source, "python", 80)]
    assert text == ["", "", "def f():", "    return 'a'", "", ""]


def test_unknown_languages_and_huge_sources_are_plain() -> None:
    """No colours, and no time spent on them."""
    assert code_lines("x = 1", "klingon", 80) == [(("x = 1", CODE),)]
    huge = "x = 1\n" * (MAX_HIGHLIGHTED // 6 + 1)
    assert {look for line in code_lines(huge, "python", 80) for _, look in line} == {CODE}


def test_a_stumbling_lexer_costs_only_the_colours() -> None:
    """The source is shown."""

    class Broken:
        def get_tokens_unprocessed(self, source: str) -> object:
            raise RuntimeError(source)

    with patch("lashtui.render.code._lexer", lambda language: Broken()):
        assert code_lines("x = 1", "python", 80) == [(("x = 1", CODE),)]


def test_long_lines_are_wrapped() -> None:
    """Code is never cut off."""
    lines = code_lines("x = " + "y" * 50, "python", 20)
    assert "".join(line_text(line) for line in lines).replace(" ", "") == "x=" + "y" * 50
    assert all(len(line_text(line)) <= 20 for line in lines)


def test_colours_can_wait_for_the_first_picture() -> None:
    """The same lines without them; once they need not wait, it is said whether any did."""
    coloured = code_lines("def f(): pass", "python", 80)
    colour_later()
    try:
        plain = code_lines("def f(): pass", "python", 80)
        assert [line_text(line) for line in plain] == [line_text(line) for line in coloured]
        assert {look for line in plain for _, look in line} == {CODE}
    finally:
        assert colour_now()
    assert code_lines("def f(): pass", "python", 80) == coloured
    assert not colour_now(), "nothing waits any more"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("systemd", " " * 1500 + "x"),
        ("c", "\n" * 16_000),
        ("json", "+" + "x;" * 15_000),
    ],
)
def test_what_lexers_stumble_over_is_plain(language: str, source: str) -> None:
    """Each of these took four to ten seconds of a lexer, and the app stood still for it."""
    lines = code_lines(source, language, 80)
    assert {look for line in lines for _, look in line} <= {CODE}
