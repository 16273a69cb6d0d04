"""Cline's events: whose they are, which they don't say, and how a run ends."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.cline.stream import ClineProducer
from tests.tui.producers.goldens import produce, prose_of, view_of

TS = {"ts": "2026-11-27T10:00:00.000Z"}


def event(kind: str, **more: Any) -> dict[str, Any]:
    """An event of an agent."""
    return {**TS, "type": "agent_event", "event": {"type": kind, **more}}


def text(piece: str, kind: str = "content_start") -> dict[str, Any]:
    """Some text."""
    return event(kind, contentType="text", text=piece)


def hook(name: str, agent: str, parent: str | None) -> dict[str, Any]:
    """An agent begins or ends."""
    told = {"agentId": agent, "parentAgentId": parent}
    return {**TS, "type": "hook_event", "hookEventName": name, **told}


def spawn(call: str, kind: str = "content_start", **more: Any) -> dict[str, Any]:
    """A subagent's call."""
    return event(kind, contentType="tool", toolCallId=call, toolName="spawn_agent", **more)


def view(*records: dict[str, Any]) -> ReadView:
    """What they make."""
    data = "".join(json.dumps(each) + "\n" for each in records).encode()
    return view_of(produce(ClineProducer(), [data], SessionOutcome.SUCCESS), ended=False)


START = event("iteration_start", iteration=1)
DONE = event("done", reason="completed", text="")
RESULT = {**TS, "type": "run_result", "finishReason": "completed", "model": {"id": "m"}}


def test_a_subagents_words_are_told_from_its_parents() -> None:
    """By when it works: no event says whose it is."""
    found = view(
        START,
        spawn("c", input={"task": "look"}),
        hook("agent_start", "k", "a"),
        text("Child"),
        text("Child", "content_end"),
        hook("agent_end", "k", "a"),
        DONE,
        spawn("c", "content_end", output={"text": "ok"}),
        text("Parent"),
        text("Parent", "content_end"),
        DONE,
        RESULT,
    )
    assert prose_of(found) == ["Parent"]
    assert prose_of(found, parent="c") == ["Child"]
    assert [row.kind for row in found.entries].count("commit") == 1


def test_several_subagents_at_once_are_not_mixed_up() -> None:
    """Only whole texts, under one name."""
    found = view(
        START,
        spawn("c"),
        spawn("d"),
        hook("agent_start", "k", "a"),
        hook("agent_start", "l", "a"),
        text("On"),
        text("Tw"),
        text("One", "content_end"),
        text("Two", "content_end"),
        hook("agent_end", "k", "a"),
        DONE,
        hook("agent_end", "l", "a"),
        DONE,
        RESULT,
    )
    assert prose_of(found, parent="subagents") == ["One", "Two"]
    assert prose_of(found) == []


def test_how_runs_end() -> None:
    """Completed, failed, stopped, with too many steps."""
    ends = [
        ("completed", "success", None),
        ("error", "failure", None),
        ("aborted", "success", "interrupted"),
        ("max_iterations", "success", "stop_reason"),
    ]
    for reason, state, remark in ends:
        found = view(START, text("A"), {**RESULT, "finishReason": reason, "text": "why"})
        assert [row.state for row in found.entries if row.kind == "commit"] == [state]
        assert remark is None or remark in [row.name for row in found.entries]


def test_an_end_that_is_told_twice_is_one() -> None:
    """An agent is done, and so is the run."""
    found = view(START, event("done", reason="error", text="no"), {**RESULT, "text": "no"})
    assert [row.kind for row in found.entries].count("error") == 1
    assert [row.kind for row in found.entries].count("commit") == 1
