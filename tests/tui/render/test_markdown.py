"""Markdown as lines."""

from __future__ import annotations

import pytest

from lashtui.render.markdown import render
from lashtui.render.markdown_inline import MAX_INLINE_MARKS
from lashtui.render.styles import BOLD, ITALIC, STRIKE, UNDERLINE, Line, TextStyle, line_text


def shown(text: str, width: int = 60) -> list[str]:
    return [line_text(line) for line in render(text, width)]


def styles(lines: list[Line]) -> dict[str, TextStyle]:
    return {text.strip(): style for line in lines for text, style in line}


def test_emphasis_becomes_attributes() -> None:
    """Marks are drawn, not shown."""
    found = styles(render("a *it* **bo** ~~gone~~ `code`", 60))
    assert found["it"].attrs == ITALIC
    assert found["bo"].attrs == BOLD
    assert found["gone"].attrs == STRIKE
    assert found["code"].tone == "inline"


def test_headings_stand_out_and_stand_apart() -> None:
    """A blank line before and after, and bold."""
    assert shown("text\n# Head\nmore") == ["text", "", "Head", "", "more"]
    assert styles(render("# Head", 20))["Head"].attrs & BOLD


def test_lists_nest_by_indentation_and_count() -> None:
    """Bullets, numbers from the first one's, children under their text."""
    text = "- a\n- b\n  - c\n    1. d\n\n3. x\n9. y"
    assert shown(text) == ["• a", "• b", "  • c", "    1. d", "", "3. x", "4. y"]


def test_long_items_hang_under_their_own_text() -> None:
    """The bullet stands alone in its column."""
    assert shown("- aaa bbb ccc ddd", 12) == ["• aaa bbb", "  ccc ddd"]


def test_quotes_have_a_bar_on_each_line() -> None:
    """Wrapped lines and the gap between paragraphs too."""
    assert shown("> aaa bbb ccc\n>\n> d", 10) == ["▏ aaa bbb", "▏ ccc", "▏ ", "▏ d"]


def test_code_is_shown_as_it_is_with_colours() -> None:
    """Blank lines in it stay; a known language is coloured."""
    lines = render("```python\ndef f():\n\n    return 1\n```", 60)
    assert [line_text(line) for line in lines] == ["  def f():", "", "      return 1"]
    assert styles(lines)["def"].tone == "keyword"


def test_an_unknown_language_is_plain_code() -> None:
    """No error, no colours."""
    assert shown("```nosuchlanguage\nx = 1\n```") == ["  x = 1"]


def test_tables_stand_in_columns() -> None:
    """Aligned as they say, with a rule under the head."""
    text = "| a | num |\n|---|----:|\n| xx | 1 |\n| y | 222 |"
    assert shown(text) == ["a    num", "───  ───", "xx     1", "y    222"]


def test_a_wide_table_wraps_its_cells() -> None:
    """Every line stays within the width, and no word is lost."""
    text = f"| a | b |\n|--|--|\n| short | {'word ' * 10}|"
    lines = shown(text, 30)
    assert max(map(len, lines)) <= 30
    assert " ".join(lines).count("word") == 10


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "ftp://a.b", "data:text/html,x", "vscode://file/x"]
)
def test_only_web_addresses_become_links(target: str) -> None:
    """Anything else is shown, and can't be clicked."""
    assert all(not style.link for line in render(f"[t]({target})", 60) for _, style in line)
    assert "t" in " ".join(shown(f"[t]({target})"))


def test_web_addresses_become_links() -> None:
    """http and https, underlined."""
    style = styles(render("[t](https://example.org/a?b=c)", 60))["t"]
    assert style.link == "https://example.org/a?b=c"
    assert style.attrs & UNDERLINE


def test_a_link_can_not_carry_an_escape_sequence() -> None:
    """The address becomes part of an escape sequence that we write."""
    for line in render("[t](<https://x/\x1b]8;;evil\x07>) [u](https://x/\u009b2J)", 60):
        assert all(link.isascii() and link.isprintable() for _, (_, _, link, *_) in line)


@pytest.mark.parametrize("name", ["#x202e", "#8238", "rlm", "lrm", "#x2066", "#x061c", "#x2028"])
@pytest.mark.parametrize("text", ["a{}b", "# a{}b", "[a{}b](x:y)", "![a{}b](c)", "|a{}b|\n|-|"])
def test_a_character_reference_names_nothing_hostile(name: str, text: str) -> None:
    """Characters that reorder a line are removed, also if they are written as references."""
    lines = " ".join(shown(text.format(f"&{name};")))
    assert lines.isprintable()
    assert "ab" in lines or "a b" in lines or f"&{name};" in lines


def test_html_is_shown_as_written() -> None:
    """It is plain text."""
    assert shown("<b>x</b>\n\n<div>\ny\n</div>") == ["<b>x</b>", "", "<div> y </div>"]


def test_an_empty_quote_leaves_no_trace() -> None:
    """Neighbouring blocks are unaffected."""
    assert shown("a\n\n>\n\nb") == ["a", "", "b"]
    assert shown("> >\n> text") == ["▏ text"]


def test_deep_nesting_is_bounded() -> None:
    """A hundred levels neither raise nor leave the text without space."""
    assert "deep" in shown(">" * 60 + " deep", 20)[-1]
    assert "deep" in " ".join(shown(">" * 500 + " deep", 20))
    assert max(map(len, shown("> " * 60 + "deep " * 9, 20))) <= 20
    assert shown("\n".join(" " * 2 * depth + "- x" for depth in range(100)), 20)


def test_links_are_parsed_up_to_a_number_of_brackets() -> None:
    """A hundred become links; of thousands, which would stop the app for seconds, none does."""
    link = "[a](https://b.c) "
    assert any(style.link for line in render(link * 100, 80) for _, style in line)
    many = render(link * 1000, 80)
    assert not any(style.link and text == "a" for line in many for text, style in line)
    assert "[a](https://b.c)" in line_text(many[0])


def test_links_are_counted_by_block() -> None:
    """Many paragraphs of few links have them all, wherever they stand."""
    text = "[a](https://b.c) " * 20 + "\n\n"
    lines = [line for line in render(text * 40, 400) if line]
    assert len(lines) == 40
    assert all(any(style.link for _, style in line) for line in lines)


def test_emphasis_is_parsed_up_to_a_number_of_marks() -> None:
    """A page has fifty; a block with thousands is shown verbatim, the next block is not."""
    few, many = "*a* " * (MAX_INLINE_MARKS // 2), "*a* " * MAX_INLINE_MARKS
    assert "*" not in "".join(shown(few))
    assert "".join("".join(shown(many)).split()) == "".join(many.split())
    assert shown(many + "\n\n*b*")[-1] == "b"


def test_lines_of_a_paragraph_flow_together() -> None:
    """Whether or not there are marks in it; two spaces or a backslash break a line."""
    assert shown("a\n  b \nc") == ["a b c"]
    assert shown("a  \nb\\\nc") == ["a", "b", "c"]
