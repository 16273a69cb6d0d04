"""Parts of Copilot's events."""

from __future__ import annotations

import pytest

from lashtui.producers.copilot.calls import background_shell, result_of, usage_of

FRAME = "bad\n<shellId: 1 completed with exit code 3>"


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (
            {"success": True, "result": {"content": FRAME}, "shellExecution": {"exitCode": 3}},
            {"status": "failure", "message": "exit code 3", "payload": "bad", "exit_code": 3},
        ),
        (
            {"success": True, "result": {"content": FRAME}},
            {"status": "failure", "message": "exit code 3", "payload": "bad", "exit_code": 3},
        ),
        (
            {"success": False, "error": {"message": "No", "code": "denied"}},
            {"status": "cancelled", "message": "No"},
        ),
        (
            {"success": False, "error": {"message": "No", "code": "failure"}},
            {"status": "failure", "message": "No"},
        ),
        ({"success": True, "result": {"content": "a"}}, {"status": "success", "payload": "a"}),
    ],
)
def test_results(data: dict[str, object], outcome: dict[str, object]) -> None:
    """A command that failed is a failure, though Copilot calls it a success."""
    assert result_of(data) == {"outcome": outcome}


def test_an_edit_says_what_it_changed() -> None:
    """Where the diff has hunks."""
    diff = "--- a\n+++ a\n@@ -1 +1 @@\n-x\n+y\n"
    data = {"success": True, "result": {"content": "ok", "detailedContent": diff}}
    assert result_of(data) == {
        "outcome": {"status": "success", "payload": {"output": "ok", "diff": diff}}
    }


def test_a_command_in_the_background() -> None:
    """Its name comes with the call's result."""
    begun = "<command started in background with shellId: 7>"
    assert background_shell({"result": {"content": begun}}) == "7"
    assert background_shell({"result": {"content": "echo shellId: 7"}}) == ""


def test_usage() -> None:
    """Premium requests are no money."""
    given = {"inputTokens": 5, "outputTokens": 2, "cacheReadTokens": 1, "cost": 1}
    assert usage_of(given) == {"input_tokens": 5, "output_tokens": 2, "cached_input_tokens": 1}
