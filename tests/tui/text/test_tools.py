"""What a call is recognised by: the same in the app, in streams and in exports."""

from __future__ import annotations

import pytest

from lashd.gist import json_text
from lashtui.text.tools import agent_label, key_argument


@pytest.mark.parametrize(
    ("args", "key"),
    [
        (None, ""),
        ({}, ""),
        ([], ""),
        ("plain words", "plain words"),
        ({"timeout": 3, "command": "make\n  all"}, "make all"),
        ({"description": "list", "command": "ls -la"}, "ls -la"),
        ({"command": ["git", "status"]}, "git status"),
        (["git", "status"], "git status"),
        ({"path": "src", "pattern": "x+"}, "x+"),
        ({"replace_all": True, "file_path": "/a/b.py"}, "/a/b.py"),
        ({"command": " ", "path": "src"}, "src"),
        ({"lines": 3, "deep": {"a": 1}}, 'lines=3 deep={"a": 1}'),
        ({"odd": "value"}, "odd=value"),
        ([1, 2], "[1, 2]"),
        ({"command": "\x1b[31mred"}, "red"),
    ],
)
def test_the_argument_that_says_most(args: object, key: str) -> None:
    """One safe line: the best known argument, else the first few with their names."""
    assert key_argument(args) == key


def test_a_subagent_is_called_by_what_its_call_says() -> None:
    """Its description or name, else the call's."""
    assert agent_label("Agent", {"description": "Look", "prompt": "p"}) == "Look"
    assert agent_label("spawn_agent", {"message": "m", "task_name": "helper"}) == "helper"
    assert agent_label("spawn_agent", {"message": "m"}) == "spawn_agent"
    assert agent_label(None, [1]) == "subagent"


def test_it_is_cut() -> None:
    """To the caller's limit, with an ellipsis."""
    assert key_argument({"command": "x" * 500}, 100) == "x" * 99 + "…"
    assert len(key_argument({"command": "x" * 5000})) == 400


def test_values_that_json_cannot_hold_are_no_error() -> None:
    """Nested without end, or of a type that JSON has no word for."""
    deep: object = "x"
    for _ in range(200_000):  # beyond what any version of Python encodes
        deep = [deep]
    assert json_text(deep) == "(nested too deeply to show)"
    assert key_argument({"a": deep}) == "a=(nested too deeply to show)"
    assert json_text(b"x") == "\"b'x'\""
