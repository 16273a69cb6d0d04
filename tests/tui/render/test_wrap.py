"""Breaking text into lines."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lashtui.render.styles import MUTED, TEXT, Line, begun, joint, line_text
from lashtui.render.wrap import MAX_MARKS, cap_marks, cut, width_of, wrap, wrap_plain
from lashtui.text.sanitize import safe_text

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab  \u4e2d\u6587\u3000\U0001f600\u0301\u200d\ufe0f\xa0-"), st.characters()
    ),
    max_size=120,
)


def test_breaks_at_spaces_and_drops_them_there() -> None:
    """Words stay whole where they fit."""
    lines = wrap([("one two three four", TEXT)], 9)
    assert [line_text(line) for line in lines] == ["one two", "three", "four"]


def test_a_word_longer_than_the_line_is_cut() -> None:
    """Nothing sticks out, nothing is lost."""
    lines = wrap_plain("x" * 25, 10, TEXT)
    assert [len(line_text(line)) for line in lines] == [10, 10, 5]


def test_wide_characters_break_anywhere() -> None:
    """Chinese has no spaces to break at."""
    lines = wrap([("\u4e2d" * 7, TEXT)], 6)
    assert [cell_len(line_text(line)) for line in lines] == [6, 6, 2]


def test_looks_go_with_their_characters() -> None:
    """A break within a run keeps its style on both sides."""
    lines = wrap([("aaa ", TEXT), ("bbb ccc", MUTED)], 7)
    assert lines == [(("aaa ", TEXT), ("bbb", MUTED)), (("ccc", MUTED),)]


def test_a_newline_in_a_run_ends_the_line() -> None:
    """Hard breaks are kept, empty lines too."""
    assert [line_text(line) for line in wrap([("a\n\nb", TEXT)], 5)] == ["a", "", "b"]


def test_plain_text_keeps_its_indentation() -> None:
    """Output is shown as it was printed; tabs become spaces."""
    assert [line_text(line) for line in wrap_plain("  a\n\tb", 20, TEXT)] == ["  a", "    b"]


def test_piled_up_marks_are_thinned_out() -> None:
    """A megabyte of combining marks takes one cell, so no more than a few are sent."""
    assert len(cap_marks("e" + "\u0301" * 5000)) == 1 + MAX_MARKS


def test_cut_ends_with_an_ellipsis_within_the_width() -> None:
    """What does not fit is said to be left out."""
    assert line_text(cut([("hello world", TEXT)], 6)) == "hello…"
    assert width_of(cut([("\u4e2d" * 9, TEXT)], 6)) <= 6
    assert cut([("abc", TEXT)], 0) == ()


@given(TEXTS, st.integers(min_value=2, max_value=30))
@settings(max_examples=100, deadline=None)
def test_no_line_is_wider_than_asked_and_no_word_is_lost(text: str, width: int) -> None:
    """For any text and width of at least a wide character."""
    text = cap_marks(safe_text(text).replace("\t", " "))
    lines = wrap([(text, TEXT)], width)
    assert all(width_of(line) <= width for line in lines)
    joined = "".join(line_text(line) for line in lines)
    assert "".join(joined.split()) == "".join(text.split())


def unwrapped(made: Sequence[Line]) -> str:
    """The lines, joined where wrapping cut them."""
    out = ""
    for number, line in enumerate(made):
        cut_at = joint(line)
        if number:
            out += "\n" if cut_at is None else cut_at[1]
        out += line_text(line) if cut_at is None else line_text(line)[cut_at[0] :]
    return out


@given(text=TEXTS, width=st.integers(1, 30), edge=st.integers(0, 120))
def test_wrapping_can_be_undone(text: str, width: int, edge: int) -> None:
    """To the character, but for spaces at the end of a line of the source; also behind indents."""
    text = safe_text(text).replace("\t", " ")
    sources = [row.rstrip() for row in cap_marks(text).split("\n")]
    for made in (
        wrap_plain(text, width, TEXT),
        wrap([(cap_marks(text)[:edge], TEXT), (cap_marks(text)[edge:], MUTED)], width),
    ):
        assert [row.rstrip() for row in unwrapped(made).split("\n")] == sources
        moved = [(("  ", TEXT), *line) for line in made]
        assert [joint(line) is not None for line in moved] == [
            joint(line) is not None for line in made
        ]
        assert not any(joint(begun(line)) for line in made)
