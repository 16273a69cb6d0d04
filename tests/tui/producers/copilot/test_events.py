"""Copilot's events: turns, questions, subagents, and what is told twice."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.copilot.events import MAX_THOUGHTS, CopilotProducer
from tests.tui.producers.goldens import produce, prose_of, view_of, wire_of

ID = {"id": "i", "timestamp": "2026-11-27T10:00:00.000Z", "parentId": None}


def event(kind: str, *, agent: str = "", **data: Any) -> dict[str, Any]:
    """One event."""
    return {"type": kind, "data": data, **ID, **({"agentId": agent} if agent else {})}


def lines(*records: dict[str, Any]) -> bytes:
    """As Copilot prints them."""
    return "".join(json.dumps(each) + "\n" for each in records).encode()


def view(*records: dict[str, Any]) -> ReadView:
    """What they make when they end well."""
    data = lines(*records)
    return view_of(produce(CopilotProducer(), [data], SessionOutcome.SUCCESS), ended=False)


def message(key: str, text: str, **data: Any) -> dict[str, Any]:
    """A whole message that calls nothing."""
    return event("assistant.message", messageId=key, content=text, toolRequests=[], **data)


USER = event("user.message", content="hi")
TURN = event("assistant.turn_start", turnId="0")
END = event("assistant.turn_end", turnId="0")


def test_a_turn_ends_with_an_answer_that_calls_nothing() -> None:
    """In the file, which doesn't say when the agent is idle, as in the stream."""
    producer = CopilotProducer()
    producer.feed(lines(USER, TURN, message("m", "Done."), END))
    assert not producer.in_turn
    assert wire_of(producer.feed(lines(event("assistant.idle")))) == []


def test_a_turn_that_goes_on_with_calls_does_not_end() -> None:
    """The model is asked again in the same turn."""
    calls = [{"toolCallId": "c", "name": "bash"}]
    asks = event("assistant.message", messageId="m", content="", toolRequests=calls)
    producer = CopilotProducer()
    producer.feed(lines(USER, TURN, asks, END))
    producer.flush()
    assert producer.in_turn


def test_the_error_comes_after_the_turn_that_failed() -> None:
    """And fails it."""
    found = view(USER, TURN, END, event("session.error", message="400 no"))
    assert [row.state for row in found.entries if row.kind == "commit"] == ["failure"]


def test_a_question_is_shown_in_full_until_it_is_answered() -> None:
    """Permissions stand in the file as well, so a screen that waits is seen there."""
    request = {"kind": "shell", "fullCommandText": "rm -rf build", "intention": "Clean up"}
    ask = event("permission.requested", requestId="r", permissionRequest=request)
    producer = CopilotProducer()
    produced = producer.feed(lines(USER, TURN, ask))
    waiting = view_of(produced, ended=False)
    assert (waiting.state, waiting.waiting_for) == ("waiting", "Clean up: rm -rf build")
    refusal = {"kind": "denied-by-user", "feedback": "Keep it."}
    done = event("permission.completed", requestId="r", result=refusal)
    produced += producer.feed(lines(done))
    answered = view_of(produced, ended=False)
    assert answered.state == "running"
    assert "permission_denied" in [row.name for row in answered.entries]
    assert [row.text for row in answered.entries if row.kind == "user"][-1] == "Keep it."


def test_other_questions_have_their_words() -> None:
    """Choices, plans, forms; what a hook answers is none."""
    asked = [
        (event("user_input.requested", requestId="1", question="Which?", choices=["a"]), "Which?"),
        (event("exit_plan_mode.requested", requestId="1", planContent="1. look"), "1. look"),
        (event("elicitation.requested", requestId="1", message="Your name"), "Your name"),
    ]
    for record, words in asked:
        waiting = view_of(CopilotProducer().feed(lines(USER, TURN, record)), ended=False)
        assert (waiting.waiting_for or "").startswith(words)
    by_hook = event("permission.requested", requestId="1", resolvedByHook=True)
    assert view_of(CopilotProducer().feed(lines(USER, by_hook)), ended=False).state == "running"


def test_a_thought_is_shown_once_however_often_it_is_told() -> None:
    """Live, with the message, and whole: in the stream with deltas, without them, and in a file."""
    delta = event("assistant.reasoning_delta", reasoningId="t", deltaContent="Hm.")
    whole = event("assistant.reasoning", reasoningId="t", content="Hm.")
    said = message("m", "A", reasoningText="Hm.")
    for records in ((delta, said, whole), (said, whole), (said,)):
        found = view(USER, TURN, *records, END, USER, TURN, message("n", "B"), END)
        assert [row.text for row in found.entries if row.kind == "reasoning"] == ["Hm."]
    again = view(USER, TURN, said, END, USER, TURN, message("n", "B", reasoningText="Hm."), END)
    assert [row.text for row in again.entries if row.kind == "reasoning"] == ["Hm.", "Hm."]


def test_a_subagents_words_stand_under_its_call() -> None:
    """Its prompt stands there already, and its turns are not the session's."""
    start = event("subagent.started", agent="g", toolCallId="c", agentName="x")
    call = event("tool.execution_start", toolCallId="c", toolName="task", arguments={"prompt": "p"})
    found = view(
        USER,
        TURN,
        call,
        start,
        event("user.message", agent="g", content="p", source="agent-1"),
        event("assistant.turn_start", agent="g"),
        {**message("k", "Child."), "agentId": "g"},
        event("assistant.turn_end", agent="g"),
        event("subagent.failed", agent="g", toolCallId="c", error="no"),
        event("tool.execution_complete", toolCallId="c", success=True, result={"content": "r"}),
        message("m", "Done."),
        END,
    )
    assert prose_of(found) == ["Done."]
    assert prose_of(found, parent="c") == ["Child."]
    assert [row.text for row in found.entries if row.kind == "user"] == ["hi"]
    assert [row.kind for row in found.entries].count("commit") == 1


def test_a_turn_that_was_stopped_says_so() -> None:
    """It didn't fail."""
    found = view(USER, TURN, message("m", "A"), event("abort", reason="user"))
    assert "interrupted" in [row.name for row in found.entries]
    assert [row.state for row in found.entries if row.kind == "commit"] == ["success"]


def test_a_retry_that_only_the_file_tells() -> None:
    """The stream tells it twice, the file once."""
    info = event("session.info", infoType="model_retry", message="Retrying...")
    told = event("assistant.turn_retry", turnId="0", reason="streaming_error")
    for records in ((info,), (told, info)):
        found = view(USER, TURN, *records, message("m", "A"), END)
        assert [row.kind for row in found.entries].count("retry") == 1


def test_thoughts_of_agents_without_end_are_not_kept() -> None:
    """Those of the newest may come once more."""
    producer, size = CopilotProducer(), 50_000
    producer.feed(lines(USER, TURN))
    tracemalloc.start()
    try:
        for n in range(3 * MAX_THOUGHTS):
            told = {"parentToolCallId": f"call {n}", "reasoningText": f"{n}" + "x" * size}
            producer.feed(lines(message(f"m{n}", "", **told)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * MAX_THOUGHTS * size
