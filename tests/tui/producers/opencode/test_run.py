"""`opencode run --format json`: whole parts; exit codes and stand-ins for what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.opencode.run import OpencodeRunProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.pipes import lines, notes, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record


def line(kind: str, /, **part: Any) -> Record:
    """One line."""
    return {"type": kind, "timestamp": 5, "sessionID": "s", "part": {"id": "p", **part}}


def tool(status: str = "completed", name: str = "bash", /, **state: Any) -> Record:
    """A tool that has ended."""
    given = {"input": {"command": "x"}, "time": {"start": 10, "end": 30}, **state}
    return line("tool_use", tool=name, callID="c", state={"status": status, **given})


def step(reason: str = "stop") -> Record:
    """A step's end."""
    tokens = {"input": 10, "output": 5, "reasoning": 2, "cache": {"read": 100, "write": 1}}
    return line("step_finish", reason=reason, tokens=tokens, cost=0.5)


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view of a run."""
    return seen(OpencodeRunProducer(), lines(line("step_start"), *records), outcome)


@pytest.mark.parametrize("case", cases("opencode"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """All prose in order; a turn that ended is committed, one that did not is not."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    records = case.records()
    texts = [each["part"]["text"] for each in records if each["type"] == "text"]
    assert prose_of(view) == texts
    thoughts = [each["part"]["text"] for each in records if each["type"] == "reasoning"]
    assert [row.text for row in rows(view, "reasoning")] == thoughts
    ends = [each for each in records if each["type"] == "step_finish"]
    failed = any(each["type"] == "error" for each in records)
    finished = [each for each in ends if each["part"]["reason"] == "stop"]
    assert view.turn_index == len(finished) + failed
    assert len(rows(view, "error")) == int(failed or (bool(records) and not finished))
    tools = [each["part"] for each in records if each["type"] == "tool_use"]
    assert [row.id for row in rows(view, "tool")] == [each["callID"] for each in tools]


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (tool(output="a"), {"status": "success", "payload": "a"}),
        (
            tool(output="a", metadata={"exit": 3}),
            {"status": "failure", "message": "exit code 3", "payload": "a", "exit_code": 3},
        ),
        (tool("error", error="no such file"), {"status": "failure", "message": "no such file"}),
        (
            tool("error", error="Tool execution aborted"),
            {"status": "cancelled", "message": "Tool execution aborted"},
        ),
        (
            tool(output="+a", metadata={"diff": "@@ -1 +1 @@"}),
            {"status": "success", "payload": {"output": "+a", "diff": "@@ -1 +1 @@"}},
        ),
    ],
)
def test_how_a_tool_ended(record: Record, outcome: Record) -> None:
    """`completed` with an exit code that is not 0 is a failure."""
    (row,) = rows(view_at(record), "tool")
    assert outcome_of(row) == outcome
    assert row.duration_ms == 20


def test_a_tool_that_is_not_there_is_called_by_its_name() -> None:
    """opencode stands a tool named `invalid` in for it."""
    given = {"tool": "frobnicate", "error": "unavailable tool"}
    (row,) = rows(view_at(tool("completed", "invalid", input=given, output="x")), "tool")
    assert row.name == "frobnicate"
    assert outcome_of(row) == {"status": "failure", "message": "unavailable tool"}


def test_steps_are_summed_and_the_last_ends_the_turn() -> None:
    """Cached input counts as input, thoughts as output."""
    view = view_at(step("tool-calls"), step("unknown"), step())
    assert (view.turn_index, view.state) == (1, "idle")
    assert view.usage["last"] == {
        "input_tokens": 111,
        "output_tokens": 7,
        "cached_input_tokens": 100,
        "reasoning_tokens": 2,
        "cost_usd": 0.5,
    }
    assert view.usage["total"]["cost_usd"] == 1.5


def test_a_cut_answer_that_is_asked_again_for_ever_is_no_turn() -> None:
    """A run killed while it loops: no commit, an error."""
    view = view_at(step("unknown"), outcome=SessionOutcome.CANCELLED)
    assert view.turn_index == 0
    assert len(rows(view, "error")) == 1


@pytest.mark.parametrize("reason", ["length", "content-filter"])
def test_other_reasons_are_noted(reason: str) -> None:
    """They end the turn all the same."""
    view = view_at(step(reason))
    assert view.turn_index == 1
    assert notes(view) == {"stop_reason": {"reason": reason}}


def test_errors_end_the_turn() -> None:
    """With what the provider said; an abort is no failure."""
    data = {"message": "bad request", "statusCode": 400}
    failed = view_at({"type": "error", "error": {"name": "APIError", "data": data}})
    assert [row.text for row in rows(failed, "error")] == ["bad request"]
    assert failed.outcome is SessionOutcome.FAILURE
    stopped = view_at({"type": "error", "error": {"name": "MessageAbortedError"}})
    assert stopped.outcome is SessionOutcome.SUCCESS
    assert "interrupted" in notes(stopped)


def test_todos_are_the_plan() -> None:
    """As the tool was given them."""
    todos = [{"content": "a", "status": "in_progress"}]
    view = view_at(tool("completed", "todowrite", input={"todos": todos}, output="[]"))
    assert view.plan == [{"text": "a", "status": "in_progress"}]


def test_no_line_and_a_failure_is_an_error() -> None:
    """Retries are silent: a run that was killed while it tried left nothing at all."""
    view = seen(OpencodeRunProducer(), b"", SessionOutcome.FAILURE)
    assert len(rows(view, "error")) == 1
