"""Reports about commands: what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.command_report import command_failure, command_report, without_frame

FULL = (
    "Command: {command}\nDirectory: (root)\nOutput: {output}\nError: {error}\n"
    "Exit Code: {code}\nSignal: {signal}\nProcess Group PGID: 7"
)

SHORT = "Output: a\nExit Code: 1\nProcess Group PGID: 1"


def full(**given: object) -> str:
    """A report of qwen-code."""
    usual = {"command": "x", "output": "o", "error": "(none)", "code": 0, "signal": "(none)"}
    return FULL.format(**{**usual, **given})


def failure(message: str, output: str, code: int | None = None) -> dict[str, Any]:
    """An outcome."""
    outcome: dict[str, Any] = {"status": "failure", "message": message, "payload": output}
    return {"outcome": outcome if code is None else {**outcome, "exit_code": code}}


def success(output: str) -> dict[str, Any]:
    """An outcome."""
    return {"outcome": {"status": "success", "payload": output}}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (full(), success("o")),
        (full(output="(empty)"), success("")),
        (full(code=3), failure("exit code 3", "o", 3)),
        (full(code="(none)", signal=9), failure("killed by signal 9", "o")),
        (full(code="(none)", error="no shell"), failure("no shell", "o")),
        (full(code=-1, error="no shell"), failure("exit code -1: no shell", "o", -1)),
        (full(command="a\nb", output="c\nd\n"), success("c\nd\n")),
        (full(output="Error: not mine\nExit Code: 5"), success("Error: not mine\nExit Code: 5")),
        ("Output: a\nExit Code: 3", failure("exit code 3", "a", 3)),
        ("Output: a\nError: b\nExit Code: 0\nProcess Group PGID: 1", success("a\nError: b")),
        (
            f"<untrusted_context>\n{SHORT}\n</untrusted_context>",
            failure("exit code 1", "a", 1),
        ),
        ("Directory: /x\nOutput: a\nExit Code: 0", success("a")),
    ],
)
def test_what_a_report_says(text: str, outcome: dict[str, Any]) -> None:
    """The output alone, and how the command ended."""
    report = command_report(text)
    assert report is not None
    assert report.outcome == outcome


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Exit Code: 3",
        "some output\nExit Code: 3",
        "Output: a",
        "Command: a\nExit Code: 3",
        "Output: a\nExit Code: many",
    ],
)
def test_what_is_no_report(text: str) -> None:
    """A command's own output may have such lines."""
    assert command_report(text) is None
    assert command_failure(text) is None


def test_a_success_is_no_failure() -> None:
    """Then another source says why the call failed."""
    assert command_failure(full()) is None
    assert command_failure(full(code=2)) == failure("exit code 2", "o", 2)


def test_a_frame_is_for_the_model() -> None:
    """Only where it is whole at both ends."""
    assert without_frame("<untrusted_context>\na\n</untrusted_context>\n") == "a"
    assert without_frame("a</untrusted_context>") == "a</untrusted_context>"
