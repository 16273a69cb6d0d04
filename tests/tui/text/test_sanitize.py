"""Nothing that an agent prints drives the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.text.sanitize import safe_line, safe_text, split_unfinished


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("plain text", "plain text"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb", "a\nb"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]52;c;ZWNobyBoYWNrZWQ=\x1b\\x", "x"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1b[2J\x1b[1;1Hx", "x"),
        ("\x1bcx", "x"),
        ("a\x08\x08b\x7f", "ab"),
        ("abc\rd", "abcd"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u2066x\u2069\u200f", "x"),
        ("a\u2028b", "ab"),
        ("\ud800x", "x"),
        ("é 漢字 🙂 e\u0301", "é 漢字 🙂 e\u0301"),
        ("\x1b]never ends", "never ends"),
    ],
)
def test_safe_text(hostile: str, harmless: str) -> None:
    """Sequences go whole, controls go alone, everything a person reads stays."""
    result = safe_text(hostile)
    if hostile.startswith("\x1b]never"):
        assert "\x1b" not in result
        assert result.endswith("never ends")
    else:
        assert result == harmless


@given(st.text(st.characters(codec=None), max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_control_survives(text: str) -> None:
    """Whatever comes in, only newlines and tabs are left of the controls; twice changes nothing."""
    result = safe_text(text)
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in result)
    assert not set(result) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2028\u2029")
    result.encode()


@given(st.text(max_size=2000), st.integers(2, 50))
@settings(max_examples=100, deadline=None)
def test_safe_line_is_one_short_line(text: str, limit: int) -> None:
    """A line has no line ends and keeps its bound."""
    line = safe_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert "\t" not in line
    assert line == line.strip()


def test_safe_line_marks_a_cut() -> None:
    """A person sees that something is missing."""
    assert safe_line("a" * 20, 10) == "a" * 9 + "…"
    assert safe_line("a\n  b\tc") == "a b c"


@pytest.mark.parametrize("piece", ["\x9d", "\x90", "\x1b]", "\x1bP", "\r", "\r\r\n", "\x9b0"])
def test_a_million_beginnings_cost_their_length(piece: str) -> None:
    """Rows of unfinished sequences or carriage returns: their square would be minutes (and fail
    this test by its time limit), and what is said between them is still there."""
    text = safe_text(piece * 300_000 + "end")
    assert text.endswith("end") or piece == "\x9b0"
    assert not any(unicodedata.category(char) == "Cc" for char in text if char not in "\n\t")


PIECES = st.lists(
    st.sampled_from(
        ["\x1b", "[", "]", "0;t", "31", "m", "\x07", "\\", "\x9b", "\x9d", "é", "\n", " "]
    )
).map("".join)


@given(PIECES, PIECES)
def test_a_sequence_cut_anywhere_is_put_together(first: str, second: str) -> None:
    """What is kept for later is what would change with more behind it, and nothing is lost."""
    whole, unfinished = split_unfinished(first)
    assert whole + unfinished == first
    assert safe_text(whole) + safe_text(unfinished + second) == safe_text(first + second)


def test_what_is_kept_for_later_is_bounded() -> None:
    """A string without an end is text, and comes."""
    assert split_unfinished("a\x1b[3") == ("a", "\x1b[3")
    assert split_unfinished("a\x1b]0;" + "t" * 4000)[1].startswith("\x1b]0;")
    assert split_unfinished("a\x1b]0;" + "t" * 5000)[1] == ""
    assert split_unfinished("plain") == ("plain", "")
