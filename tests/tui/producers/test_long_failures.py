"""A long output of a call that failed: its beginning and its end are shown, whatever the agent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tui.producers.goldens import PRODUCERS, view_of

LONG = "FIRST\n" + "".join(f"test {n:06} ok\n" for n in range(60_000)) + "LAST"
CALL = {"command": "make"}


def opencode(state: dict[str, Any]) -> dict[str, Any]:
    """A call's part in opencode's words."""
    return {"id": "p", "messageID": "m", "type": "tool", "callID": "c", "tool": "bash", **state}


BROKEN = {
    "state": {"status": "error", "input": CALL, "error": LONG, "time": {"start": 1, "end": 2}}
}
GEMINI: list[dict[str, Any]] = [
    {"type": "init", "session_id": "s", "model": "m"},
    {"type": "tool_use", "tool_name": "run_shell_command", "tool_id": "c", "parameters": CALL},
    {"type": "tool_result", "tool_id": "c", "status": "error", "error": {"message": LONG}},
]
CLAUDE: list[dict[str, Any]] = [
    {
        "type": "assistant",
        "message": {
            "id": "m",
            "content": [{"type": "tool_use", "id": "c", "name": "Bash", "input": CALL}],
        },
    },
    {
        "type": "user",
        "message": {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c", "is_error": True, "content": LONG}
            ],
        },
    },
]
CODEX: list[dict[str, Any]] = [
    {"type": "turn.started"},
    {
        "type": "item.completed",
        "item": {
            "id": "c",
            "type": "command_execution",
            "command": "make",
            "aggregated_output": LONG,
            "exit_code": 1,
            "status": "failed",
        },
    },
]
INPUTS: dict[str, list[dict[str, Any]]] = {
    "claude": CLAUDE,
    "qwen": CLAUDE,
    "codex_exec": CODEX,
    "gemini": GEMINI,
    "opencode": [{"type": "tool_use", "sessionID": "s", "part": opencode(BROKEN)}],
}


@pytest.mark.parametrize("agent", INPUTS)
def test_how_a_long_output_ended_is_shown(agent: str) -> None:
    """Why a command failed stands at its end."""
    data = b"".join(json.dumps(each).encode() + b"\n" for each in INPUTS[agent])
    (row,) = [
        each for each in view_of(PRODUCERS[agent]().feed(data)).entries if each.kind == "tool"
    ]
    shown = json.dumps(row.output)
    assert row.state == "failure"
    assert "FIRST" in shown
    assert "LAST" in shown
    assert len(shown) < len(LONG)
