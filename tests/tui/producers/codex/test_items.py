"""Codex's items: one reading for three spellings."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.codex.items import (
    MAX_UNWRAP,
    command_of,
    duration_of,
    field,
    kind_of,
    plan_of,
    text_of,
    thought_of,
    tool_of,
)


@pytest.mark.parametrize("kind", ["command_execution", "commandExecution", "CommandExecution"])
def test_each_spelling_is_one_kind(kind: str) -> None:
    """Snake, camel and Pascal case."""
    assert kind_of({"type": kind}) == "commandexecution"


def test_fields_are_found_in_both_spellings() -> None:
    """The snake-case name is asked for."""
    assert field({"exitCode": 3}, "exit_code") == 3
    assert field({"exit_code": 0}, "exit_code") == 0
    assert field({}, "exit_code") is None


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ("/bin/bash -lc 'ls -1'", "ls -1"),
        (["bash", "-lc", "echo 'a b'"], "echo 'a b'"),
        ("""bash -c "it's" """, "it's"),
        ("ls -1", "ls -1"),
        ("bash -lc 'unclosed", "bash -lc 'unclosed"),
        ("python -c 'print()'", "python -c 'print()'"),
        (["ls", "-1"], ["ls", "-1"]),
        (None, None),
    ],
)
def test_a_shells_wrapping_is_taken_off(given: Any, command: Any) -> None:
    """What a person would have typed; anything else stays as it is."""
    assert command_of(given) == command


def test_a_huge_command_is_not_taken_apart() -> None:
    """Parsing it would cost more than it tells."""
    huge = "bash -lc '" + "x" * MAX_UNWRAP + "'"
    assert command_of(huge) == huge


@pytest.mark.parametrize(
    ("item", "status", "rest"),
    [
        ({"exit_code": 0, "status": "completed"}, "success", {"payload": "out"}),
        (
            {"exitCode": 3, "status": "failed"},
            "failure",
            {"message": "exit code 3", "payload": "out", "exit_code": 3},
        ),
        ({"status": "failed"}, "failure", {"message": "failed", "payload": "out"}),
        ({"exit_code": 1, "status": "completed"}, "failure", {"payload": "out"}),
        ({"status": "declined"}, "cancelled", {"message": "declined"}),
    ],
)
def test_how_a_command_ended(item: dict[str, Any], status: str, rest: dict[str, Any]) -> None:
    """An exit code that is not 0 is a failure, whatever the status says."""
    whole = {"type": "command_execution", "command": "x", "aggregated_output": "out", **item}
    tool = tool_of(whole, "commandexecution", ended=True)
    assert tool is not None
    outcome = tool.output["outcome"]
    assert outcome["status"] == status
    assert outcome.items() >= rest.items()


def test_a_tools_failure_without_error_is_one() -> None:
    """MCP: `error` is null, the status says it; or the result's own flag."""
    call = {"server": "s", "tool": "t", "arguments": {"a": 1}, "error": None}
    result = {"content": [{"type": "text", "text": "no"}]}
    failed = tool_of({**call, "result": result, "status": "failed"}, "mcptoolcall", ended=True)
    assert failed is not None
    assert (failed.name, failed.args) == ("s.t", {"a": 1})
    assert failed.output["outcome"] == {"status": "failure", "message": "failed", "payload": "no"}
    flagged = {**call, "result": {**result, "isError": True}, "status": "completed"}
    told = tool_of(flagged, "mcptoolcall", ended=True)
    assert told is not None
    assert told.output["outcome"]["status"] == "failure"


def test_changes_of_files_are_read_as_list_and_as_map() -> None:
    """A rollout's map of paths, a stream's list; a kind that is a word or a map."""
    listed = {"changes": [{"path": "/a", "kind": {"type": "add"}, "diff": "+x"}]}
    mapped = {"changes": {"/a": {"type": "add", "content": "x"}}}
    for item, key in ((listed, "diff"), (mapped, "content")):
        tool = tool_of({**item, "status": "completed"}, "filechange", ended=True)
        assert tool is not None
        assert tool.args["path"] == "/a"
        (change,) = tool.args["changes"]
        assert (change["kind"], key in change) == ("add", True)


def test_durations_in_each_form() -> None:
    """Milliseconds, or seconds and nanoseconds."""
    assert duration_of({"durationMs": 454}) == 454
    assert duration_of({"duration": {"secs": 1, "nanos": 500_000_000}}) == 1500
    assert duration_of({"duration": "1s"}) is None


def test_texts_and_thoughts() -> None:
    """A string, blocks, a summary's parts as paragraphs; junk gives nothing."""
    assert text_of([{"type": "Text", "text": "a"}, {"text": "b"}, 3, None]) == "ab"
    assert thought_of({"summary_text": ["a", "b"], "raw_content": ["raw"]}) == "a\n\nb"
    assert thought_of({"summary": [], "content": [{"text": "raw"}]}) == "raw"
    assert thought_of({}) == ""


def test_plans_in_each_form() -> None:
    """Steps with a status in either case, or a flag."""
    steps = [{"step": "a", "status": "inProgress"}, {"text": "b", "completed": True}, 7]
    assert plan_of(steps) == [
        {"text": "a", "status": "in_progress"},
        {"text": "b", "status": "completed"},
    ]
    assert plan_of(None) == []


def test_a_duration_that_is_no_number_is_none() -> None:
    """A damaged record may have any."""
    assert duration_of({"duration_ms": 10**400}) is None
    assert duration_of({"duration": {"secs": 10**400}}) is None
