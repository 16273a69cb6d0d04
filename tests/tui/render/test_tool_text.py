"""Tool calls in words."""

from __future__ import annotations

from lashtui.render.tool_text import (
    args_text,
    diff_text,
    exit_code,
    looks_like_diff,
    value_text,
)


def test_all_arguments() -> None:
    """A line each; long texts on their own lines."""
    assert args_text({"a": 1, "b": "x\ny"}) == "a: 1\nb:\nx\ny"
    assert args_text(None) == ""
    assert args_text("free") == "free"


def test_an_edit_is_a_diff_of_its_two_texts() -> None:
    """With the lines around it that stay."""
    args = {"old_string": "a\nb\nc", "new_string": "a\nB\nc"}
    assert diff_text(args, None) == " a\n-b\n+B\n c"


def test_a_diff_in_the_output_is_taken() -> None:
    """Whether it is the output or stands in it."""
    diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b"
    assert diff_text(None, diff) == diff
    assert diff_text(None, {"outcome": {"status": "success", "diff": diff}}) == diff
    assert diff_text({"command": "ls"}, "total 0") == ""
    assert not looks_like_diff("--- \n not one")


def test_exit_codes() -> None:
    """If the output has one."""
    assert exit_code({"outcome": {"exit_code": 3}}) == 3
    assert exit_code({"exit_code": 0}) == 0
    assert exit_code({"exit_code": True}) is None
    assert exit_code("exit 3") is None


def test_values_that_json_can_not_hold_are_no_error() -> None:
    """Nested a thousand times."""
    deep: object = "x"
    for _ in range(3000):
        deep = [deep]
    assert value_text(deep)


def test_a_diff_is_found_in_what_a_tool_gave_back() -> None:
    """In lash's shape it stands in the payload."""
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y"
    output = {"outcome": {"status": "success", "payload": {"output": "Done.", "diff": diff}}}
    assert diff_text({"path": "a"}, output) == diff
