"""Colours and links of commands as lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.render.ansi import AnsiDoc, ansi_lines
from lashtui.render.styles import BOLD, MUTED, Line, TextStyle, line_text
from lashtui.render.wrap import width_of
from lashtui.text.sanitize import safe_text
from tests.hostile import assert_plain, hostile


def test_colours_and_links() -> None:
    """What has none looks like the text around it."""
    text = "\x1b[1;31mred\x1b[0m plain \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\"
    assert ansi_lines(text, 60, MUTED) == [
        (
            ("red", TextStyle("muted", BOLD, fore=1)),
            (" plain ", MUTED),
            ("link", TextStyle("muted", link="https://a.example")),
        )
    ]


def test_lines_are_wrapped() -> None:
    """Whatever is in them; tabs are spaces, blank lines stay."""
    lines = ansi_lines("\x1b[32m" + "word " * 30 + "\n\na\tb", 20)
    assert all(width_of(line) <= 20 for line in lines)
    assert [line_text(line) for line in lines[-2:]] == ["", "a   b"]


def test_attacks() -> None:
    """Nothing but text is drawn."""
    for line in ansi_lines(hostile("word"), 40):
        assert_plain(line_text(line))


parts = st.sampled_from(
    ["\x1b[31m", "\x1b[0m", "red ", "word ", "\n", "\t", "日本", "\x1b]8;;https://a\x07"]
)


@given(st.lists(parts, max_size=60), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_text_that_grows_is_drawn_as_the_whole(pieces: list[str], width: int) -> None:
    """However it came; its characters are those of the text without colours."""
    doc, text = AnsiDoc(width), ""
    for piece in pieces:
        text += piece
        doc.feed(text)
    whole: list[Line] = ansi_lines(text.removesuffix("\n"), width) if text else []
    assert doc.lines == whole
    drawn = "".join(line_text(line) for line in doc.lines)
    assert "".join(drawn.split()) == "".join(safe_text(text).split())


def test_a_long_unfinished_line_is_not_cut_in_a_sequence() -> None:
    """Of a command that colours each letter."""
    text = "".join(f"\x1b[38;2;{n % 256};0;0mx\x1b[0m" for n in range(900))
    doc = AnsiDoc(80)
    doc.feed(text)
    assert "".join(map(line_text, doc.lines)) == "x" * 900
