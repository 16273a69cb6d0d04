"""gemini's stream: deltas without ids, calls, one result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.gemini.stream import GeminiStreamProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import lines, notes, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record

STAMP = "2026-11-22T09:19:27.140Z"


def line(kind: str, /, **rest: Any) -> Record:
    """One line."""
    return {"type": kind, "timestamp": STAMP, **rest}


def says(text: str) -> Record:
    """A piece of prose."""
    return line("message", role="assistant", content=text, delta=True)


INIT = line("init", session_id="s", model="m")


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view of a run."""
    return seen(GeminiStreamProducer(), lines(INIT, *records), outcome)


@pytest.mark.parametrize("case", cases("gemini"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """All pieces, one commit a result, what failed failed."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    records = case.records()
    pieces = [each["content"] for each in records if each.get("role") == "assistant"]
    assert "".join(prose_of(view)) == "".join(pieces)
    ends = [each for each in records if each["type"] == "result"]
    assert view.turn_index == len(ends)
    failed = [each for each in ends if each["status"] != "success"]
    assert len(rows(view, "error")) == len(failed) + (not ends)
    states = {"success": "success", "error": "failure"}
    results = {each["tool_id"]: each for each in records if each["type"] == "tool_result"}
    assert {row.id: row.state for row in rows(view, "tool")} == {
        name: states[each["status"]] for name, each in results.items()
    }
    if ends:
        stats = ends[-1]["stats"]
        assert view.usage.get("total", {}).get("input_tokens", 0) == stats["input_tokens"]


def test_a_call_parts_the_prose() -> None:
    """There are no ids: what follows a call is another block."""
    used = line("tool_use", tool_name="ls", tool_id="t", parameters={"p": 1})
    gave = line("tool_result", tool_id="t", status="success", output="a")
    view = view_at(says("Be"), says("fore."), used, says("While."), gave, says("After."))
    assert prose_of(view) == ["Before.", "While.", "After."]


def test_a_failed_tool_tells_its_error() -> None:
    """The output repeats the message: once is enough."""
    gave = line(
        "tool_result",
        tool_id="t",
        status="error",
        output="no",
        error={"type": "x", "message": "no"},
    )
    view = view_at(line("tool_use", tool_name="f", tool_id="t", parameters={}), gave)
    assert outcome_of(rows(view, "tool")[0]) == {"status": "failure", "message": "no"}


def test_warnings_are_notes_and_errors_are_errors() -> None:
    """The result repeats the error: once is enough."""
    view = view_at(
        line("error", severity="warning", message="careful"),
        line("error", severity="error", message="gone"),
        line("result", status="error", error={"message": "gone"}, stats={}),
    )
    assert notes(view) == {"warning": {"message": "careful"}}
    assert [row.text for row in rows(view, "error")] == ["gone"]
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.FAILURE)


def test_a_run_without_result_was_cut_off_whatever_its_exit_code() -> None:
    """An interrupted gemini leaves with 0."""
    view = view_at(says("half"))
    assert view.turn_index == 0
    assert [row.text for row in rows(view, "error")] == ["The output ended before the turn did."]


def test_several_prompts_in_one_stream_each_commit() -> None:
    """A result is a turn's end, not the session's."""
    user = line("message", role="user", content="go")
    end = line("result", status="success", stats={"input_tokens": 2, "output_tokens": 1})
    view = view_at(user, says("a"), end, user, says("b"), end)
    assert (view.turn_index, prose_of(view)) == (2, ["a", "b"])
    assert view.usage["total"]["input_tokens"] == 4


def test_todos_are_the_plan() -> None:
    """Of a call that has worked."""
    todos = [{"description": "one", "status": "completed"}]
    used = line("tool_use", tool_name="write_todos", tool_id="t", parameters={"todos": todos})
    worked = line("tool_result", tool_id="t", status="success", output="1 todo")
    failed = line("tool_result", tool_id="t", status="error", output="no")
    assert view_at(used, worked).plan == [{"text": "one", "status": "completed"}]
    assert view_at(used, failed).plan is None


def test_the_model_is_named_at_the_beginning() -> None:
    """Told again only when another run has another one; its sums tell nothing of the context."""
    ended = line("result", status="success", stats={"input_tokens": 90, "output_tokens": 10})
    runs = [INIT, ended, INIT, {**INIT, "model": "n"}, {**INIT, "model": None}, ended]
    assert news_of(GeminiStreamProducer().feed(lines(*runs))) == ["m", "n"]
