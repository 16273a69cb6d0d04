"""Subagents that run in the background: turns, words and reports are told once, each as its own."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.claude.stream import ClaudeStreamProducer
from tests.tui.producers.claude.claude_records import (
    answer,
    assistant,
    begins,
    delta,
    ends,
    init,
    record,
    result,
    rows,
    seen,
    stops,
    system,
    text,
    tool,
    user,
)
from tests.tui.producers.goldens import prose_of

LAUNCHED = (
    "Async agent launched successfully. (This tool result is internal metadata - never quote it.)\n"
    "agentId: a1 (internal ID - do not mention to user.)\n"
)


def agent(call_id: str, task_id: str) -> list[dict[str, Any]]:
    """A call that launches an agent and ends at once."""
    return [
        assistant(f"m-{call_id}", tool(call_id, "Agent", description="Look", prompt="p")),
        system("task_started", task_id=task_id, tool_use_id=call_id, description="Look"),
        answer(
            call_id,
            [{"type": "text", "text": LAUNCHED}],
            tool_use_result={"isAsync": True, "status": "async_launched", "agentId": task_id},
        ),
    ]


def over(call_id: str, task_id: str, report: str, status: str = "completed") -> dict[str, Any]:
    """An agent has ended."""
    fields = {"summary": report, "summary_is_report": True}
    return system(
        "task_notification", task_id=task_id, tool_use_id=call_id, status=status, **fields
    )


def child(call_id: str, said: str) -> dict[str, Any]:
    """What a subagent says."""
    return assistant(f"c-{said}", text(said), parent_tool_use_id=call_id)


def streamed(message_id: str, said: str) -> list[dict[str, Any]]:
    """An answer in deltas and whole."""
    return [
        begins(message_id),
        delta(0, said),
        assistant(message_id, text(said)),
        stops(0),
        ends(),
    ]


NOTIFIED = {"kind": "task-notification"}


def held_back(index: int, said: str, begun: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A result that came with others at the end."""
    known = {} if begun is None else {"begun_message_ids": begun}
    origin = {"origin": NOTIFIED} if index else {}
    return result(said, result_index=index, **known, **origin, **more)


@pytest.mark.parametrize("partial", [True, False])
def test_results_that_come_together_say_nothing_again(partial: bool) -> None:
    """Two turns with the same answer: it was given twice, so it is there twice and not more."""

    def said(message_id: str, words: str) -> list[dict[str, Any]]:
        return streamed(message_id, words) if partial else [assistant(message_id, text(words))]

    begun = (["m1"], ["m2"]) if partial else (None, None)
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        *said("m1", "Done."),
        child("t1", "I look."),
        over("t1", "a1", "All fine."),
        init(),
        *said("m2", "Done."),
        held_back(0, "Done.", begun[0], total_cost_usd=0.5),
        held_back(1, "Done.", begun[1], total_cost_usd=0.5),
    )
    assert prose_of(view) == ["Done.", "Done."]
    assert (view.turn_index, view.state, view.outcome) == (2, "idle", SessionOutcome.SUCCESS)
    assert view.usage["total"]["output_tokens"] == 4
    assert view.usage["total"]["cost_usd"] == 0.5


def test_what_a_background_agent_says_is_under_its_call() -> None:
    """Also its report, which is told by its end alone where its words don't come."""
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        *agent("t2", "a2"),
        assistant("m1", text("Both run.")),
        child("t1", "I look."),
        child("t1", "All fine."),
        over("t1", "a1", "All fine."),
        over("t2", "a2", "Nothing here."),
        init(),
        assistant("m2", text("Both ended.")),
        held_back(0, "Both run."),
        held_back(1, "Both ended."),
    )
    assert prose_of(view) == ["Both run.", "Both ended."]
    assert prose_of(view, parent="t1") == ["I look.", "All fine."]
    assert prose_of(view, parent="t2") == ["Nothing here."]
    calls = [row for row in view.entries if row.kind == "tool"]
    assert [row.state for row in calls] == ["success", "success"]
    assert isinstance(calls[0].output, dict)
    assert calls[0].output["outcome"]["payload"] == "Async agent launched successfully."


@pytest.mark.parametrize(
    ("status", "state"), [("completed", "exited"), ("failed", "failed"), ("stopped", "cancelled")]
)
def test_a_background_agent_is_a_process_until_its_end(status: str, state: str) -> None:
    """The panel of processes shows it beside the turn, by its description and call."""
    before = [init(), *agent("t1", "a1"), assistant("m1", text("It runs."))]
    view = seen(ClaudeStreamProducer(), *before, outcome=None)
    assert [(p.label, p.tool_call_id) for p in view.processes] == [("Look", "t1")]
    view = seen(ClaudeStreamProducer(), *before, over("t1", "a1", "", status), result("It runs."))
    assert [process.state for process in view.processes] == [state]


def test_a_held_back_result_that_is_the_only_copy_is_said() -> None:
    """Of a turn whose words did not come, the result has them."""
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        init(),
        assistant("m2", text("Second.")),
        held_back(0, "First."),
        held_back(1, "Second."),
    )
    assert sorted(prose_of(view)) == ["First.", "Second."]
    assert view.turn_index == 2


def test_one_result_of_several_turns_ends_the_last() -> None:
    """Versions that give one result for all of them leave nothing running."""
    before = [init(), *agent("t1", "a1"), assistant("m1", text("One.")), init()]
    after = [assistant("m2", text("Two.")), result("Two.")]
    view = seen(ClaudeStreamProducer(), *before, *after, outcome=None)
    assert (view.turn_index, view.state, prose_of(view)) == (2, "idle", ["One.", "Two."])


def test_a_beginning_that_is_told_twice_is_one_turn() -> None:
    """A turn in which the agent did nothing yet is not ended by a second beginning."""
    view = seen(ClaudeStreamProducer(), init(), init(), assistant("m", text("Hi")), result("Hi"))
    assert (view.turn_index, prose_of(view)) == (1, ["Hi"])


def test_an_earlier_turn_that_failed_is_told() -> None:
    """Its result comes when it has ended already, so that it can only be remarked."""
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        init(),
        assistant("m2", text("Second.")),
        held_back(0, "", is_error=True, errors=["out of budget"]),
        held_back(1, "Second."),
    )
    remarks = [row.output for row in view.entries if row.kind == "diagnostic"]
    assert remarks == [{"message": "out of budget"}]
    assert (view.turn_index, view.outcome) == (2, SessionOutcome.SUCCESS)


def test_the_same_result_again_is_no_turn() -> None:
    """A result after everything has ended only adds what it counts."""
    again = result("Hi", result_index=1)
    view = seen(
        ClaudeStreamProducer(),
        init(),
        assistant("m", text("Hi")),
        result("Hi"),
        again,
        outcome=None,
    )
    assert (view.turn_index, prose_of(view), view.state) == (1, ["Hi"], "idle")


def test_a_failure_that_has_no_beginning_is_a_failed_turn() -> None:
    """The program writes a result alone where it could not begin."""
    alone = result("", is_error=True, errors=["not allowed"], terminal_reason="turn_setup_failed")
    view = seen(ClaudeStreamProducer(), init(), assistant("m", text("Hi")), result("Hi"), alone)
    assert (view.turn_index, rows(view, "error")) == (2, ["not allowed"])


def test_a_subagents_last_words_after_the_answer_break_nothing() -> None:
    """The agent has ended well when its subagent ends after it."""
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        assistant("m1", text("It runs.")),
        result("It runs."),
        child("t1", "All fine."),
        over("t1", "a1", "All fine."),
    )
    assert rows(view, "error") == []
    assert (view.state, view.outcome) == ("idle", SessionOutcome.SUCCESS)


def test_a_prompt_within_a_running_turn_joins_it() -> None:
    """A prompt that is sent meanwhile is answered in the same turn, by one result."""
    view = seen(
        ClaudeStreamProducer(),
        init(),
        user("Go"),
        assistant("m1", text("Going.")),
        user("Faster"),
        assistant("m2", text("Faster it is.")),
        result("Faster it is."),
    )
    assert (view.turn_index, rows(view, "user")) == (1, ["Go", "Faster"])


def test_what_subagents_used_is_told_once_for_all_held_back_results() -> None:
    """The first result tells the sum of all models; what the agent itself used is not a child's."""
    models = {"m": {"inputTokens": 100, "outputTokens": 50, "cacheReadInputTokens": 0}}
    view = seen(
        ClaudeStreamProducer(),
        init(),
        *agent("t1", "a1"),
        assistant("m1", text("One.")),
        record("assistant", message={"content": []}, parent_tool_use_id="t1"),
        init(),
        assistant("m2", text("Two.")),
        held_back(0, "One.", modelUsage=models),
        held_back(1, "Two.", modelUsage=models),
    )
    assert view.usage["child"]["output_tokens"] == 46
