"""What Cline's calls are given and give back."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.cline.results import arguments_of, result_of


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (
            {"output": [{"query": "a", "result": "x", "success": True}]},
            {"status": "success", "payload": "x"},
        ),
        (
            {
                "output": [
                    {
                        "result": "[Command exited with code 3]\n\n[stderr]\nbad\n",
                        "error": "Command exited with code 3",
                        "success": False,
                    }
                ]
            },
            {
                "status": "failure",
                "message": "exit code 3",
                "payload": "[stderr]\nbad\n",
                "exit_code": 3,
            },
        ),
        (
            {"output": {"result": "", "error": "No such text.", "success": False}},
            {"status": "failure", "message": "No such text."},
        ),
        (
            {"output": [{"result": "x", "success": True, "error": None}]},
            {"status": "success", "payload": "x"},
        ),
        ({"error": "rejected"}, {"status": "failure", "message": "rejected"}),
        ({"output": {"text": "Done."}}, {"status": "success", "payload": "Done."}),
        ({"output": {"a": 1}}, {"status": "success", "payload": '{"a": 1}'}),
        ({}, {"status": "success", "payload": None}),
    ],
)
def test_results(event: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Of one thing or several, failed or not."""
    assert result_of(event) == {"outcome": outcome}


def test_commands_are_one_text() -> None:
    """So that what they print has its colours."""
    assert arguments_of({"commands": ["a", "b"], "x": 1}) == {"command": "a\nb", "x": 1}
    assert arguments_of({"commands": [1]}) == {"commands": [1]}
    assert arguments_of("x") == "x"
