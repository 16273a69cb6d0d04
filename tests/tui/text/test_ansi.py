"""Colours and links are read, in every spelling; nothing else comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.text.ansi import (
    BOLD,
    DEFAULT,
    DIM,
    INVERSE,
    ITALIC,
    PLAIN,
    STRIKE,
    TRUE,
    UNDERLINE,
    styled_lines,
    terminal_text,
)
from lashtui.text.sanitize import safe_text
from tests.hostile import hostile


@pytest.mark.parametrize(
    ("codes", "look"),
    [
        ("31", (1, DEFAULT, 0, "")),
        ("97;100", (15, 8, 0, "")),
        ("1;2;3;4;7;9", (DEFAULT, DEFAULT, BOLD | DIM | ITALIC | UNDERLINE | INVERSE | STRIKE, "")),
        ("1;4;22;24", PLAIN),
        ("4:3", (DEFAULT, DEFAULT, UNDERLINE, "")),
        ("4;4:0", PLAIN),
        ("38;5;200", (200, DEFAULT, 0, "")),
        ("48:5:9;1", (DEFAULT, 9, BOLD, "")),
        ("38;2;1;2;3;4", (TRUE + 0x010203, DEFAULT, UNDERLINE, "")),
        ("38:2:1:2:3", (TRUE + 0x010203, DEFAULT, 0, "")),
        ("38:2::1:2:3", (TRUE + 0x010203, DEFAULT, 0, "")),
        ("58;5;1;31", (1, DEFAULT, 0, "")),
        ("31;0", PLAIN),
        ("31;", PLAIN),
        ("31;39;41;49", PLAIN),
        ("38;5;999;1", (DEFAULT, DEFAULT, BOLD, "")),
        ("38;2;1", PLAIN),
        ("5;8;25;53", PLAIN),
        ("?31", PLAIN),
        (">4;2", PLAIN),
        ("38;5;1:2", (1, DEFAULT, 0, "")),
    ],
)
def test_how_characters_look(codes: str, look: tuple[int, int, int, str]) -> None:
    """In all spellings that commands use; what no screen needs is left out."""
    assert styled_lines(f"\x1b[{codes}mx") == [[("x", look)]]
    assert styled_lines(f"\x9b{codes}mx") == [[("x", look)]]


@pytest.mark.parametrize(
    "scheme", ["http://a.example", "https://a.example/?q=1;2", "file:///a", "mailto:a@b"]
)
def test_links(scheme: str) -> None:
    """To pages, files and people."""
    look = (DEFAULT, DEFAULT, 0, scheme)
    assert styled_lines(f"\x1b]8;id=7;{scheme}\x1b\\a\x1b]8;;\x07b") == [
        [("a", look), ("b", PLAIN)]
    ]


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "vscode://x",
        "https://a b",
        "https:",
        "\u00e9",
        "https://\u00e9",
        "x" * 9,
    ],
)
def test_no_links(target: str) -> None:
    """To anything that runs, or that can't be an address."""
    assert styled_lines(f"\x1b]8;;{target}\x07a") == [[("a", PLAIN)]]


def test_each_line_begins_plain() -> None:
    """So a line means the same wherever a text is cut between two."""
    assert styled_lines("\x1b[1ma\nb\r\n\n") == [
        [("a", (DEFAULT, DEFAULT, BOLD, ""))],
        [("b", PLAIN)],
        [],
        [],
    ]
    assert terminal_text("\x1b[1ma\nb") == "\x1b[1ma\x1b[0m\nb"


def test_attacks() -> None:
    """What is left of them is a colour and a link."""
    shown = terminal_text(hostile("word"))
    left = re.sub("\x1b\\[[0-9;]*m|\x1b]8;;(?:https://leak.example/)?\x1b\\\\", "", shown)
    assert safe_text(left) == left == safe_text(hostile("word"))


bits = st.sampled_from(
    [
        "\x1b[",
        "\x1b]8;;",
        "m",
        "1;31",
        "38;5;",
        "https://a",
        "\x1b\\",
        "\x07",
        "\n",
        "\r",
        "a",
        "\x9b",
        "\u202e",
        ";",
        ":",
    ]
)


@given(st.lists(st.one_of(bits, st.text(max_size=4)), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    """Its characters are those of the same text without colours; twice is as good as once."""
    shown = terminal_text(text)
    assert terminal_text(shown) == shown
    assert "".join(piece for line in styled_lines(shown) for piece, _ in line) == safe_text(
        text
    ).replace("\n", "")
    for line in shown.split("\n"):
        assert line.count("\x1b[0m") <= line.count("m")
        assert not re.search("\x1b\\[[1-9][0-9;]*m[^\x1b]*$", line)


def test_long_text_is_read_in_time() -> None:
    """Beginnings of sequences, and colours by the hundred thousand."""
    for piece in ("\x1b[", "\x1b]8;;", "\x1b[31mx", "\x9b1;", "\r"):
        assert terminal_text(piece * 100_000) is not None
