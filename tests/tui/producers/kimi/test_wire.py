"""Kimi's files: what a person is asked, what runs in the background, what is tried again."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import SessionOutcome
from lashtui.producers.kimi.wire import KimiWireProducer
from tests.tui.producers.goldens import produce, prose_of, view_of


def lines(*records: dict[str, Any]) -> bytes:
    """As Kimi writes them."""
    made = ({"agentId": "main", "time": 1_795_774_796_000 + n, **r} for n, r in enumerate(records))
    return "".join(json.dumps(each) + "\n" for each in made).encode()


def prompt(text: str, kind: str = "user") -> dict[str, Any]:
    """A turn begins."""
    said = [{"type": "text", "text": text}]
    return {"type": "turn.prompt", "input": said, "origin": {"kind": kind}}


def step(kind: str, **more: Any) -> dict[str, Any]:
    """Part of a request to the model."""
    return {"type": "context.append_loop_event", "event": {"type": kind, **more}}


def text(key: str, words: str) -> dict[str, Any]:
    """The model says something."""
    return step("content.part", uuid=key, part={"type": "text", "text": words})


ENDED = {"type": "turn.ended", "reason": "completed"}


def ask(display: dict[str, Any], action: str = "") -> dict[str, Any]:
    """A person is asked."""
    request = {"toolName": "Bash", "action": action, "display": display}
    return {"type": "interaction.request", "id": "a", "kind": "approval", "request": request}


def test_a_question_is_shown_until_it_is_resolved() -> None:
    """With the command that it is about; a refusal is told."""
    producer = KimiWireProducer()
    asked = ask({"kind": "command", "command": "make"}, "Running: make")
    produced = producer.feed(lines(prompt("hi"), asked))
    waiting = view_of(produced, ended=False)
    assert (waiting.state, waiting.waiting_for) == ("waiting", "Bash: Running: make")
    answer = {"decision": "rejected", "selectedLabel": "Reject"}
    produced += producer.feed(
        lines({"type": "interaction.resolved", "id": "a", "response": answer})
    )
    view = view_of(produced, ended=False)
    assert view.state == "running"
    assert "permission_denied" in [row.name for row in view.entries]


def test_a_call_that_a_person_refused_is_no_failure() -> None:
    """It was cancelled, though its result says error."""
    asked = {**ask({"command": "make"}), "toolCallId": "c"}
    answer = {"type": "interaction.resolved", "id": "a", "response": {"decision": "rejected"}}
    result = {"output": "not run", "isError": True}
    data = lines(
        prompt("hi"),
        asked,
        answer,
        step("tool.call", toolCallId="c", name="Bash", args={}),
        step("tool.result", toolCallId="c", result=result),
    )
    view = view_of(KimiWireProducer().feed(data), ended=False)
    assert [row.state for row in view.entries if row.kind == "tool"] == ["cancelled"]


def test_a_question_that_is_none_about_a_command() -> None:
    """Its words, whatever they are called."""
    request = {"questions": [{"question": "Which colour?", "options": []}]}
    record = {"type": "interaction.request", "id": "q", "kind": "question", "request": request}
    view = view_of(KimiWireProducer().feed(lines(prompt("hi"), record)), ended=False)
    assert view.waiting_for == "Which colour?"


def test_a_failed_attempt_is_withdrawn_though_it_stands_in_the_file() -> None:
    """And the retry is told."""
    again = {"type": "turn.step.retrying", "failedAttempt": 1, "maxAttempts": 10, "delayMs": 500}
    data = lines(
        prompt("hi"), step("step.begin"), text("a", "Hal"), again, text("b", "Hello"), ENDED
    )
    view = view_of(produce(KimiWireProducer(), [data], SessionOutcome.SUCCESS), ended=False)
    assert prose_of(view) == ["Hello"]


def test_turns_end_as_the_file_says() -> None:
    """Completed, stopped, failed."""
    failed = {"type": "turn.ended", "reason": "failed", "error": {"message": "400 no"}}
    stopped = {"type": "turn.ended", "reason": "cancelled"}
    data = lines(prompt("1"), text("a", "A"), ENDED, prompt("2"), text("b", "B"), stopped)
    data += lines(prompt("3"), failed)
    view = view_of(produce(KimiWireProducer(), [data], SessionOutcome.SUCCESS), ended=False)
    states = [row.state for row in view.entries if row.kind == "commit"]
    assert states == ["success", "success", "failure"]
    assert "interrupted" in [row.name for row in view.entries]


def test_what_wakes_the_agent_is_no_persons_words() -> None:
    """Nor are another agent's records the session's."""
    other = {**text("x", "other"), "agentId": "agent-1"}
    data = lines(prompt("<notification>", "task"), other, text("a", "It has ended."), ENDED)
    view = view_of(produce(KimiWireProducer(), [data], SessionOutcome.SUCCESS), ended=False)
    assert [row.text for row in view.entries if row.kind == "user"] == []
    assert prose_of(view) == ["It has ended."]


def test_a_subagent_in_the_background_is_a_process() -> None:
    """It works while nobody waits for it; how it failed stands under its call."""
    spawned = {
        "type": "subagent.spawned",
        "subagentId": "agent-0",
        "parentToolCallId": "c",
        "description": "Look",
        "runInBackground": True,
    }
    failed = {"type": "subagent.failed", "subagentId": "agent-0", "error": "no"}
    data = lines(prompt("hi"), step("tool.call", toolCallId="c", name="Agent"), spawned)
    produced = KimiWireProducer().feed(data + lines(failed))
    view = view_of(produced, ended=False)
    assert [(each.label, each.state) for each in view.processes] == [("Look", "failed")]
    assert [row.parent for row in view.entries if row.name == "subagent_error"] == ["c"]


def test_a_subagents_own_file_is_read_as_its_own() -> None:
    """Every line of it names another agent than the session's."""
    record = {**text("a", "I look."), "agentId": "agent-0"}
    data = json.dumps(record).encode() + b"\n"
    assert prose_of(view_of(KimiWireProducer().feed(data), ended=False)) == ["I look."]
