"""`codex exec --json`: whole items, thread totals, attempts that are tried again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.codex.exec import CodexExecProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.pipes import lines, notes, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record

START: Record = {"type": "turn.started"}


def thread(name: str = "thread-1") -> Record:
    """A run begins."""
    return {"type": "thread.started", "thread_id": name}


def item(kind: str, number: int = 0, when: str = "completed", **rest: Any) -> Record:
    """An item's event."""
    return {"type": f"item.{when}", "item": {"id": f"item_{number}", "type": kind, **rest}}


def done(given: int = 10, told: int = 5) -> Record:
    """The turn's end, with the thread's totals."""
    return {"type": "turn.completed", "usage": {"input_tokens": given, "output_tokens": told}}


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view after a run."""
    return seen(CodexExecProducer(), lines(*records), outcome)


@pytest.mark.parametrize("case", cases("codex_exec"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Prose in order, one commit a turn, failed commands failed, the last word of each end."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    records = case.records()
    items = [each["item"] for each in records if each["type"] == "item.completed"]
    said = [each["text"] for each in items if each["type"] == "agent_message"]
    assert prose_of(view) == list(dict.fromkeys(said))  # an attempt tried again says it again
    ends = [each for each in records if each["type"] in ("turn.completed", "turn.failed")]
    assert view.turn_index == len(ends)
    if ends:
        failed = ends[-1]["type"] == "turn.failed"
        assert view.state == "idle"
        assert view.outcome is (SessionOutcome.FAILURE if failed else SessionOutcome.SUCCESS)
        assert len(rows(view, "error")) == int(failed)
    else:
        assert len(rows(view, "error")) == 1
    tools = [each for each in items if "status" in each]
    assert [row.state for row in rows(view, "tool") if row.state != "cancelled"] == [
        "success" if each["status"] == "completed" else "failure" for each in tools
    ]


def test_a_run_that_is_killed_leaves_nothing_running() -> None:
    """No commit; the call is cancelled; the end is told as what it was."""
    view = view_at(
        thread(),
        START,
        item("command_execution", when="started", command="sleep 8", status="in_progress"),
        outcome=SessionOutcome.CANCELLED,
    )
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert [row.text for row in rows(view, "error")] == [
        "The agent was stopped before the turn ended."
    ]
    assert view.turn_index == 0


def test_totals_of_a_thread_are_no_turns_usage() -> None:
    """The first count of a run is a total; later ones are told as what came since."""
    view = view_at(thread(), START, done(100, 10))
    assert view.usage["total"] == {"input_tokens": 100, "output_tokens": 10}
    assert "last" not in view.usage
    view = view_at(thread(), START, done(100, 10), START, done(130, 15))
    assert view.usage["total"] == {"input_tokens": 130, "output_tokens": 15}
    assert view.usage["last"] == {"input_tokens": 30, "output_tokens": 5}


def test_a_resumed_runs_items_are_others() -> None:
    """Each run counts its items from zero."""
    hello, again = item("agent_message", text="hello"), item("agent_message", text="hello again")
    view = view_at(thread(), START, hello, done(), thread(), START, again, done(20))
    assert prose_of(view) == ["hello", "hello again"]
    assert view.turn_index == 2


def test_reconnecting_is_a_retry_and_a_failure_is_told_once() -> None:
    """`Reconnecting... 2/5 (why)`; then the error twice."""
    view = view_at(
        thread(),
        START,
        {"type": "error", "message": "Reconnecting... 2/5 (stream lost)"},
        {"type": "error", "message": "gone"},
        {"type": "turn.failed", "error": {"message": "gone"}},
    )
    (retry,) = rows(view, "retry")
    assert retry.text == "stream lost"
    assert retry.output == {"wait_seconds": 0.0, "attempt": 2, "max_attempts": 5}
    assert [row.text for row in rows(view, "error")] == ["gone"]


def test_what_a_lost_attempt_said_is_withdrawn_when_it_comes_again() -> None:
    """Only what the new attempt repeats: an answer that it does not is kept."""
    lost = {"type": "error", "message": "Reconnecting... 1/5"}
    view = view_at(
        thread(),
        START,
        item("agent_message", 0, text="I look."),
        item("command_execution", 1, command="ls", exit_code=0, status="completed"),
        item("agent_message", 2, text="It hol"),
        lost,
        item("agent_message", 3, text="It holds two files."),
        done(),
    )
    assert prose_of(view) == ["I look.", "It holds two files."]
    kept = view_at(
        thread(),
        START,
        item("agent_message", 0, text="One."),
        lost,
        item("agent_message", 1, text="Two."),
        done(),
    )
    assert prose_of(kept) == ["One.", "Two."]


def test_a_todo_list_is_the_plan() -> None:
    """`todo_list` comes whole with each update."""
    todo = [{"text": "a", "completed": True}, {"text": "b", "completed": False}]
    view = view_at(thread(), START, item("todo_list", when="updated", items=todo))
    assert view.plan == [
        {"text": "a", "status": "completed"},
        {"text": "b", "status": "pending"},
    ]


def test_child_agents_are_processes() -> None:
    """A spawned thread runs until a wait or a close tells how it ended."""
    spawn = item(
        "collab_tool_call",
        1,
        tool="spawn_agent",
        prompt="find it",
        receiver_thread_ids=["child"],
        agents_states={"child": {"status": "running"}},
        status="completed",
    )
    view = view_at(thread(), START, spawn)
    (process,) = view.processes
    assert (process.label, process.state) == ("find it", "running")
    assert process.tool_call_id == rows(view, "tool")[0].id
    wait = item(
        "collab_tool_call",
        2,
        tool="wait",
        receiver_thread_ids=["child"],
        agents_states={"child": {"status": "completed", "message": "found"}},
        status="completed",
    )
    view = view_at(thread(), START, spawn, wait, wait, done())
    assert [each.state for each in view.processes] == ["exited"]


def test_warnings_before_the_turn_open_none() -> None:
    """A remark about a model is no turn; it stands in the one that follows."""
    warning = item("error", message="Model metadata not found.")
    assert view_at(thread(), warning).entries == []
    view = view_at(thread(), warning, START, done())
    assert notes(view) == {"warning": {"message": "Model metadata not found."}}


def test_older_spellings_are_read() -> None:
    """`item_type` and `assistant_message`, before items had types."""
    old = {"type": "item.completed", "item": {"id": "item_0", "item_type": "assistant_message"}}
    old["item"]["text"] = "hello"  # type: ignore[index]
    assert prose_of(view_at(thread(), START, old, done())) == ["hello"]


def test_unknown_items_are_noted() -> None:
    """With what they said, once for each kind."""
    view = view_at(thread(), START, item("hologram", beam=1), item("hologram", 1), done())
    (row,) = rows(view, "diagnostic")
    assert "hologram" in json.dumps(row.output)


def test_a_declined_patch_is_cancelled() -> None:
    """Nothing went wrong: it was not let."""
    change = item("file_change", changes=[{"path": "/a", "kind": "update"}], status="declined")
    view = view_at(thread(), START, change, done())
    assert outcome_of(rows(view, "tool")[0]) == {"status": "cancelled", "message": "declined"}


def test_a_command_that_outlives_its_turn_is_a_process() -> None:
    """Not cancelled; its exit code and output are kept, and it opens no turn."""
    run: dict[str, Any] = {"command": "bash -lc 'sleep 3; echo bg'"}
    view = view_at(
        thread(),
        START,
        item("command_execution", 0, "started", status="in_progress", **run),
        done(),
        item("command_execution", status="completed", aggregated_output="bg\n", exit_code=0, **run),
    )
    (row,), (process,) = rows(view, "tool"), view.processes
    assert outcome_of(row)["status"] == "success"
    assert (process.label, process.state) == ("sleep 3; echo bg", "exited")
    assert (process.exit_code, process.output) == (0, "bg\n")
    assert (view.turn_index, view.state) == (1, "idle")


def test_a_failed_turn_stays_one_with_a_command_still_running() -> None:
    """That this program lets it go on is no word of the agent's."""
    start = item("command_execution", 0, "started", command="x", status="in_progress")
    view = view_at(thread(), START, start, {"type": "turn.failed", "error": {"message": "gone"}})
    assert (view.outcome, len(view.processes)) == (SessionOutcome.FAILURE, 1)
