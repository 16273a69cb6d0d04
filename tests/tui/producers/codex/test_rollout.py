"""Codex's rollouts: everything stands there twice, and once in the view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.codex.rollout import CodexRolloutProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of, wire_of
from tests.tui.producers.pipes import lines, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record

STAMP = "2026-11-22T09:22:45.685Z"


def line(kind: str, **payload: Any) -> Record:
    """One line of a file."""
    return {"timestamp": STAMP, "type": kind, "payload": payload}


def told(what: str, /, **payload: Any) -> Record:
    """An event."""
    return line("event_msg", **payload, type=what)


def asked(name: str, arguments: object, call: str = "c", **rest: Any) -> Record:
    """The model calls a function."""
    given = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return line(
        "response_item", type="function_call", name=name, arguments=given, call_id=call, **rest
    )


def gave(output: object, call: str = "c") -> Record:
    """What it was given back."""
    return line("response_item", type="function_call_output", call_id=call, output=output)


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view at a file's end."""
    return seen(CodexRolloutProducer(), lines(*records), outcome)


START, END = told("task_started"), told("task_complete")


@pytest.mark.parametrize("case", cases("codex_rollout"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Prose, prompts and calls once; the last message is the turn's own."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    payloads = [each["payload"] for each in case.records()]
    (end,) = [each for each in payloads if each.get("type") == "task_complete"]
    assert prose_of(view)[-1] == end["last_agent_message"]
    items = [each["item"] for each in payloads if each.get("type") == "item_completed"]
    texts = [each["content"][0]["text"] for each in items if each["type"] == "AgentMessage"]
    assert prose_of(view) == texts
    called = ("function_call", "custom_tool_call")
    calls = [each["call_id"] for each in payloads if each.get("type") in called]
    assert [row.id for row in rows(view, "tool")] == calls
    assert (view.turn_index, view.state) == (1, "idle")
    counts = [each["info"] for each in payloads if each.get("type") == "token_count"]
    total = counts[-1]["total_token_usage"]
    assert view.usage["total"]["input_tokens"] == total["input_tokens"]
    assert view.usage["total"]["output_tokens"] == total["output_tokens"]


@pytest.mark.parametrize("case", cases("codex_rollout"), ids=name_of)
def test_instructions_never_leave_the_file(case: Case) -> None:
    """The vendor's prompts, tool schemas and the state of the world."""
    wire = json.dumps(wire_of(produce(case.make(), [case.data], case.outcome)))
    assert "redacted" in case.data.decode()
    assert "redacted" not in wire
    assert "environment_context" not in wire


def test_an_unknown_line_is_noted_without_what_it_holds() -> None:
    """It may be the vendor's."""
    view = view_at(START, line("brand_new", secret="prompt"), END)
    assert "brand_new" in str(rows(view, "diagnostic"))
    assert "secret" not in str(view.to_wire())


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        (
            "Chunk ID: 2af\nWall time: 0 seconds\nProcess exited with code 0\nOutput:\none\n",
            {"status": "success", "payload": "one\n"},
        ),
        (
            "Exit code: 2\nWall time: 1 seconds\nOutput:\nboom",
            {"status": "failure", "message": "exit code 2", "payload": "boom", "exit_code": 2},
        ),
        (
            '{"output":"old","metadata":{"exit_code":1,"duration_seconds":0.1}}',
            {"status": "failure", "message": "exit code 1", "payload": "old", "exit_code": 1},
        ),
        (
            "unsupported call: frobnicate",
            {"status": "failure", "message": "unsupported call: frobnicate"},
        ),
        ({"content": "no", "success": False}, {"status": "failure", "message": "no"}),
        (
            "Wall time: 3 s\nno header",
            {"status": "success", "payload": "Wall time: 3 s\nno header"},
        ),
        ("Exit code: none of ours", {"status": "success", "payload": "Exit code: none of ours"}),
        (
            [{"text": "Wall time: 0.1 seconds\nOutput:"}, {"text": "echo"}],
            {"status": "success", "payload": "echo"},
        ),
    ],
)
def test_what_a_call_gave_back_is_read(output: object, outcome: Record) -> None:
    """The header that is meant for the model is taken off, and tells the exit code."""
    view = view_at(START, asked("exec_command", {"cmd": "x"}), gave(output), END)
    (row,) = rows(view, "tool")
    assert (row.name, row.args) == ("shell", {"command": "x"})
    assert outcome_of(row) == outcome


def test_the_event_that_knows_more_ends_the_call() -> None:
    """What the model was given after it is not a second end."""
    item = {
        "type": "CommandExecution",
        "id": "c",
        "command": ["bash", "-lc", "x"],
        "aggregated_output": "clean",
        "exit_code": 0,
        "status": "completed",
        "duration": {"secs": 2, "nanos": 0},
    }
    done = told("item_completed", item=item)
    view = view_at(START, asked("exec_command", {"cmd": "x"}), done, gave("header"), END)
    (row,) = rows(view, "tool")
    assert (outcome_of(row)["payload"], row.duration_ms) == ("clean", 2000)


def test_arguments_that_are_no_json_are_shown() -> None:
    """A model writes what it writes."""
    view = view_at(START, asked("f", "{broken"), gave("x"), END)
    assert rows(view, "tool")[0].args == "{broken"


def test_a_plan_counts_where_the_call_was_taken() -> None:
    """Some versions refuse it."""
    steps = {"plan": [{"step": "a", "status": "completed"}]}
    taken = view_at(START, asked("update_plan", steps), gave("Plan updated"), END)
    assert taken.plan == [{"text": "a", "status": "completed"}]
    refused = view_at(START, asked("update_plan", steps), gave("unsupported call: x"), END)
    assert refused.plan is None


def test_an_aborted_turn_settles() -> None:
    """Its open call is cancelled; nothing failed."""
    view = view_at(START, asked("f", {}), told("turn_aborted", reason="interrupted"))
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.SUCCESS)


def test_a_turn_lost_with_its_process_is_cut_off() -> None:
    """The next one in the same file begins; so does a file that ends."""
    said = told("item_completed", item={"type": "AgentMessage", "id": "a", "content": "half"})
    view = view_at(START, said, START, END)
    assert [row.text for row in rows(view, "error")] == ["The turn was cut off."]
    assert view.turn_index == 2
    assert len(rows(view_at(START, said), "error")) == 1


def test_older_versions_write_messages_and_no_ends() -> None:
    """A person's next message ends the turn before it, and the file's end the last."""
    view = view_at(
        line("session_meta", id="s", cwd="/work", instructions="vendor"),
        told("user_message", message="one"),
        told("agent_reasoning", text="hm"),
        asked("shell", {"command": ["bash", "-lc", "ls"]}),
        gave('{"output":"a","metadata":{"exit_code":0}}'),
        told("agent_message", message="first"),
        told("user_message", message="two"),
        told("agent_message", message="second"),
        told("token_count", info=None),
    )
    assert [row.text for row in view.entries if row.text] == [
        "one",
        "hm",
        "first",
        "two",
        "second",
    ]
    assert rows(view, "tool")[0].args == {"command": "ls"}
    assert (view.turn_index, view.state, view.directory) == (2, "idle", "/work")


def test_a_version_that_writes_both_families_is_read_once() -> None:
    """The first that speaks in a turn is followed."""
    view = view_at(
        START,
        told("item_completed", item={"type": "UserMessage", "id": "u", "content": "go"}),
        told("user_message", message="go"),
        told("agent_message", message="done"),
        told("item_completed", item={"type": "AgentMessage", "id": "a", "content": "done"}),
        END,
    )
    assert [row.text for row in view.entries if row.text] == ["go", "done"]


def test_a_subagents_file_has_its_name() -> None:
    """It is a session of its own."""
    source = {"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_nickname": "Ada"}}}
    assert view_at(line("session_meta", cwd="/w", source=source), START, END).title == "Ada"


def test_older_events_of_calls_are_read() -> None:
    """Begin and end by call id; MCP's result inside `Ok` or `Err`."""
    call = {"server": "s", "tool": "t", "arguments": {"a": 1}}
    view = view_at(
        START,
        told("exec_command_begin", call_id="e", command=["bash", "-lc", "ls"]),
        told("exec_command_end", call_id="e", command=["ls"], stdout="x", exit_code=3),
        told("mcp_tool_call_begin", call_id="m", invocation=call),
        told("mcp_tool_call_end", call_id="m", invocation=call, result={"Err": "no server"}),
        told("patch_apply_begin", call_id="p", changes={"/a": {"type": "add"}}),
        told("patch_apply_end", call_id="p", success=False, stderr="no such file"),
        END,
    )
    messages = [outcome_of(row)["message"] for row in rows(view, "tool")]
    assert messages == ["exit code 3", "no server", "no such file"]
