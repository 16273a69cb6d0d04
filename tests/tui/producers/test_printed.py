"""Lines as a command leaves them; what is made of them over time is in test_text.py."""

from __future__ import annotations

import pytest

from lashtui.producers.printed import (
    MAX_COLUMNS,
    PrintedLines,
    command_output,
    is_command,
    printed,
)


def test_all_that_was_printed() -> None:
    """With colours it is no plain text."""
    assert printed("a\r\n10%\r20%\n\x1b[31mb") == ("a\n20%\n\x1b[31mb\x1b[0m", True)
    assert printed("\x1b[0m\x1b]0;t\x07a\n") == ("a\n", False)
    assert printed("") == ("", False)


def test_moves_within_a_line() -> None:
    """As a terminal obeys them; moves between lines are left out."""
    for text, line in (
        ("abc\x1b[2Dx", "axc"),
        ("abc\x1b[1Gx", "xbc"),
        ("abc\r\x1b[2Px", "x"),
        ("abc\r\x1b[1@x", "xabc"),
        ("abc\r\x1b[2Xx", "x c"),
        ("abc\x1b[2D\x1b[1Kx", " xc"),
        ("abc\x1b[2Kx", "   x"),
        ("a\x1b[3Cb", "a   b"),
        ("a\x08\x08\x08b", "b"),
        ("日本\x08x", "日 x"),
        ("日本\r\x1b[Cx", " x本"),
        ("a\x1b[5;5Hb\x1b[Ac\x1b[2Jd", "abcd"),
        ("a\tb\rx", "x\tb"),
    ):
        assert printed(text).text == line, text


def test_a_line_is_bounded() -> None:
    """What comes first of a longer one is final, and moves lead nowhere."""
    lines = PrintedLines()
    done = lines.feed("x" * (3 * MAX_COLUMNS + 5))
    assert [len(each.text) for each in done] == [MAX_COLUMNS] * 3
    assert lines.line().text == "x" * 5
    assert printed("\x1b[9999C\x1b[9999Cx\x1b[9999@y\x1b[9999P").text.strip() in ("xy", "x", "y")
    for text in ("\x1b[9999Cx\r" * 2000, "x\x1b[9999@\r" * 2000, "\u0301" * 100_000):
        assert len(printed(text).text) <= len(text) + MAX_COLUMNS


def test_whether_a_line_is_drawn_again() -> None:
    """A carriage return alone may be a newline's; with what follows it is known."""
    lines = PrintedLines()
    for text, again in (
        ("10%", False),
        ("\x1b[K", False),
        ("\r", False),
        ("20", True),
        ("%", True),
        ("\n", False),
    ):
        lines.feed(text)
        assert lines.is_drawn_again is again, text
    lines.feed("30%\r\x1b[1m")
    assert lines.is_drawn_again


def test_what_a_tool_printed() -> None:
    """Its texts, wherever they stand; colours are marked beside the payload."""
    bar = "10%\r20%\r\n"
    red = "\x1b[31mred\x1b[0m\x1b[K\n"
    assert command_output({"outcome": {"status": "success", "payload": bar}}) == {
        "outcome": {"status": "success", "payload": "20%\n"}
    }
    told = {"status": "failure", "message": red, "payload": {"stdout": bar, "stderr": red, "n": 1}}
    assert command_output({"outcome": told, "more": 1}) == {
        "outcome": {
            "status": "failure",
            "message": "\x1b[31mred\x1b[0m\n",
            "payload": {"stdout": "20%\n", "stderr": "\x1b[31mred\x1b[0m\n", "n": 1},
            "format": "ansi",
        },
        "more": 1,
    }
    assert told["payload"] == {"stdout": bar, "stderr": red, "n": 1}


@pytest.mark.parametrize(
    "output", [None, "x\r", {"outcome": "x"}, {"outcome": {"payload": "a\tb\n"}}, {"outcome": {}}]
)
def test_what_drives_no_terminal_stays(output: object) -> None:
    """Plain text, and outputs of any other shape."""
    assert command_output(output) is output


def test_what_a_command_is() -> None:
    """A call that is given one."""
    assert is_command({"command": "ls"})
    assert is_command({"cmd": ["ls"]})
    assert not is_command({"path": "a"})
    assert not is_command("ls")
