"""One short line for each thing, with what matters most."""

from __future__ import annotations

from typing import Any

from lashtui.stream.lines import (
    compact,
    describe_entry,
    describe_process,
    describe_tool,
)


def test_describe_tool_and_code() -> None:
    """Mark, name, argument, state, duration."""
    tool = {"name": "bash", "args": {"command": "ls"}, "state": "cancelled", "duration_ms": 5}
    assert describe_tool(tool) == "⊘ bash  ls  cancelled  5ms"
    assert describe_tool({"name": "python", "text": "x = 1\ny"}) == "✓ python  x = 1 y"
    assert describe_tool({"name": "bash", "duration_ms": "\x1b[2J"}) == "✓ bash"


def test_a_failed_call_says_why() -> None:
    """Its last lines, as the app shows them; nothing in them drives a terminal."""
    log = "\n".join(f"test {number} ok" for number in range(9)) + "\n\x1b]0;LEAK\x07FAILED: 3\n"
    output = {"outcome": {"status": "failure", "payload": log}}
    assert describe_tool({"name": "make", "state": "failure", "output": output}).split("\n") == [
        "✗ make  failure",
        "    … 6 earlier lines",
        "    test 6 ok",
        "    test 7 ok",
        "    test 8 ok",
        "    FAILED: 3",
    ]


def test_describe_entry() -> None:
    """Errors, retries and values say what they are."""
    retry = {
        "kind": "retry",
        "text": "529",
        "output": {"attempt": 2, "max_attempts": 5, "wait_seconds": 4},
    }
    assert describe_entry(retry) == "-- retry 2 of 5 in 4 s: 529"
    assert describe_entry({"kind": "value", "name": "t", "output": {"a": 1}}) == '= t: {"a": 1}'
    assert describe_entry({"kind": "commit"}) == ""


def test_describe_plan() -> None:
    """Each item with its mark; an empty or odd plan is nothing to read."""
    items = [
        {"content": "a", "status": "completed"},
        {"content": "b", "status": "in_progress"},
        "c",
        {"step": "d", "status": "done"},
        {"title": "e", "status": "active"},
    ]
    plan = {"kind": "diagnostic", "name": "plan", "output": {"items": items}}
    assert describe_entry(plan) == "-- plan: ✓ a, ▸ b, · c, ✓ d, ▸ e"
    assert describe_entry({"kind": "diagnostic", "name": "plan", "output": 3}) == ""


def test_compact_survives_any_value() -> None:
    """Endless nesting and types unknown to JSON are not errors."""
    deep: list[Any] = []
    for _ in range(200_000):  # beyond what any version of Python encodes
        deep = [deep]
    assert compact(deep) == "(nested too deeply to show)"
    assert compact(b"x") == "\"b'x'\""


HOSTILE = "\x1b]0;title\x07"


def test_details_of_no_known_type_are_not_printed() -> None:
    """An exit code or an attempt that is text would bring its escape sequences along."""
    process = {
        "kind": "exited",
        "process_ids": ["p"],
        "processes": {"p": {"label": "make", "exit_code": HOSTILE, "signal": HOSTILE}},
    }
    assert describe_process(process) == "-- process: exited make"
    retry = {"attempt": HOSTILE, "max_attempts": HOSTILE, "wait_seconds": float("nan")}
    assert describe_entry({"kind": "retry", "text": "busy", "output": retry}) == "-- retry: busy"
    retry = {"attempt": 2, "max_attempts": HOSTILE, "wait_seconds": 3}
    assert describe_entry({"kind": "retry", "output": retry}) == "-- retry 2 in 3 s"


def test_a_remark_is_a_sentence_where_it_has_one() -> None:
    """Not the record that it came in."""
    denied = {"tool_name": "Bash", "tool_call_id": "t1", "message": "touch needs approval."}
    entry = {"kind": "diagnostic", "name": "permission_denied", "output": denied}
    assert describe_entry(entry) == "-- permission denied: Bash: touch needs approval."
    assert describe_entry({"kind": "diagnostic", "name": "rewound"}) == "-- rewound"
    unknown = {"kind": "diagnostic", "name": "x", "output": {"a": 1}}
    assert describe_entry(unknown) == "-- x: a=1"
