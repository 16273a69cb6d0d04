"""What calls printed, in words."""

from __future__ import annotations

import pytest

from lashtui.text.output import last_lines, output_text


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (None, ""),
        ("text\n", "text"),
        ({"outcome": {"status": "success", "stdout": "a\n", "stderr": "b"}}, "a\nb"),
        ({"outcome": {"status": "failure"}}, ""),
        ({"outcome": {"status": "success", "payload": "a\n"}}, "a"),
        ({"outcome": {"status": "success", "payload": None}}, ""),
        ({"outcome": {"status": "success", "payload": {"output": "a", "diff": "--- b"}}}, "a"),
        (
            {"outcome": {"status": "failure", "message": "exit code 3", "payload": "a"}},
            "exit code 3\na",
        ),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ({"content": [{"type": "text", "text": "inner"}]}, "inner"),
        ({"output": "x", "error": None}, "x"),
        ({"outcome": {"status": "success", "payload": ""}}, ""),
        ({"outcome": {"status": "failure", "message": "", "exit_code": 1}}, ""),
        ({"outcome": {"status": "success", "stdout": "a"}, "stderr": "b", "exit_code": 0}, "a\nb"),
        ({"outcome": {"status": "success", "payload": "a"}, "output": "a\n"}, "a"),
        ({"outcome": {"status": "success"}, "note": 1, "ok": True}, '{\n  "note": 1\n}'),
        (7, "7"),
        ({"files": 2}, '{\n  "files": 2\n}'),
    ],
)
def test_output_is_its_own_text_where_it_has_one(output: object, text: str) -> None:
    """Else JSON."""
    assert output_text(output) == text


def test_what_is_not_understood_is_shown_whole() -> None:
    """A key that we don't know is not left out."""
    assert "surprise" in output_text({"text": "a", "surprise": 1})
    beside = output_text({"outcome": {"status": "success"}, "stderr": "b", "surprise": 1})
    assert "surprise" in beside
    assert '"b"' in beside
    deep: object = "x"
    for _ in range(3000):
        deep = [deep]
    assert output_text(deep)


def test_the_last_lines_say_how_many_stand_before_them() -> None:
    """Blank lines at the end are no lines."""
    assert last_lines("a\nb\nc\nd\n\n", 2) == (["c", "d"], 2)
    assert last_lines("a\nb", 2) == (["a", "b"], 0)
    assert last_lines(None, 2) == ([], 0)
    assert last_lines("\n", 2) == ([], 0)
