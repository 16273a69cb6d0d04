"""Tool calls in words."""

from __future__ import annotations

from lashtui.render.tool_text import args_text, exit_code, value_text


def test_all_arguments() -> None:
    """A line each; long texts on their own lines."""
    assert args_text({"a": 1, "b": "x\ny"}) == "a: 1\nb:\nx\ny"
    assert args_text(None) == ""
    assert args_text("free") == "free"


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
