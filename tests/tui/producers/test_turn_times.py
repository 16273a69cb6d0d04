"""A turn that only the next prompt shows to be over took as long as the agent worked at it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashtui.producers.gemini.transcript import GeminiTranscriptProducer
from tests.tui.producers.goldens import PRODUCERS, view_of

Lines = list[dict[str, Any]]
MAKE = {**PRODUCERS, "gemini_transcript": GeminiTranscriptProducer}


def at(second: int) -> str:
    """A time of day."""
    return f"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"


def claude(second: int, kind: str, content: Any, stop: str | None = None) -> dict[str, Any]:
    """A line of Claude's."""
    message = {"id": f"m{second}", "role": kind, "content": content, "stop_reason": stop}
    own = {"uuid": f"u{second}", "sessionId": "s", "cwd": "/w", "timestamp": at(second)}
    return {"type": kind, "message": message, **own}


def qwen(second: int, kind: str, *parts: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """A line of qwen's."""
    own = {"uuid": f"u{second}", "sessionId": "s", "cwd": "/w", "timestamp": at(second)}
    return {"type": kind, "message": {"role": kind, "parts": list(parts)}, **own, **rest}


def gemini(second: int, kind: str, text: str, **rest: Any) -> dict[str, Any]:
    """A message of gemini's."""
    return {"id": f"m{second}", "timestamp": at(second), "type": kind, "content": text, **rest}


def codex(second: int, kind: str, line: str = "event_msg", **payload: Any) -> dict[str, Any]:
    """A line of a rollout."""
    return {"timestamp": at(second), "type": line, "payload": {"type": kind, **payload}}


def item(second: int, role: str, text: str) -> dict[str, Any]:
    """A message as the model has it."""
    content = [{"type": "input_text", "text": text}]
    return codex(second, "message", "response_item", role=role, content=content)


CALL = {"functionCall": {"id": "c", "name": "f", "args": {}}}
RESULT = {"functionResponse": {"id": "c", "name": "f", "response": {"output": "o"}}}
REFUSED = {"id": "c", "name": "f", "args": {}, "status": "cancelled"}
HEAD: dict[str, Any] = {"sessionId": "s", "projectHash": "h"}

INPUTS: dict[str, tuple[str, Lines, Lines]] = {
    "claude": (
        "claude_transcript",
        [claude(1, "user", "Q"), claude(3, "assistant", [{"type": "text", "text": "A"}])],
        [claude(4000, "user", "R")],
    ),
    "claude, with an open call": (
        "claude_transcript",
        [
            claude(1, "user", "Q"),
            claude(3, "assistant", [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]),
        ],
        [claude(4000, "user", "R")],
    ),
    "qwen": (
        "qwen_transcript",
        [qwen(1, "user", {"text": "Q"}), qwen(3, "assistant", {"text": "A"})],
        [qwen(4000, "user", {"text": "R"})],
    ),
    "qwen, after a result": (
        "qwen_transcript",
        [
            qwen(1, "user", {"text": "Q"}),
            qwen(2, "assistant", CALL),
            qwen(3, "tool_result", RESULT, toolCallResult={"callId": "c", "status": "success"}),
        ],
        [qwen(4000, "user", {"text": "R"})],
    ),
    "gemini": (
        "gemini_transcript",
        [HEAD, gemini(1, "user", "Q"), gemini(3, "gemini", "A")],
        [gemini(4000, "user", "R")],
    ),
    "codex, items alone": (
        "codex_rollout",
        [item(1, "user", "Q"), item(3, "assistant", "A")],
        [item(4000, "user", "R"), item(4001, "assistant", "B")],
    ),
    "codex, no ends": (
        "codex_rollout",
        [codex(1, "user_message", message="Q"), codex(3, "agent_message", message="A")],
        [codex(4000, "user_message", message="R")],
    ),
    "codex, its end lost": (
        "codex_rollout",
        [
            codex(1, "task_started"),
            codex(1, "user_message", message="Q"),
            codex(3, "agent_message", message="A"),
        ],
        [codex(4000, "task_started"), codex(4000, "user_message", message="R")],
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_time_until_the_next_prompt_is_not_the_turns(name: str) -> None:
    """However the file is read: at once, or as it grows."""
    agent, first, then = INPUTS[name]
    lines = [json.dumps(each).encode() + b"\n" for each in (*first, *then)]
    whole = MAKE[agent]().feed(b"".join(lines))
    producer = MAKE[agent]()
    grown = [each for line in lines for each in producer.feed(line)]
    for produced in (whole, grown):
        commits = [row for row in view_of(produced, ended=False).entries if row.kind == "commit"]
        assert [row.duration_ms for row in commits[:1]] == [2000]


REFUSALS: dict[str, tuple[str, Lines]] = {
    "qwen": (
        "qwen_transcript",
        [
            qwen(1, "user", {"text": "Q"}),
            qwen(2, "assistant", CALL),
            qwen(3, "tool_result", RESULT, toolCallResult={"callId": "c", "status": "cancelled"}),
        ],
    ),
    "gemini": (
        "gemini_transcript",
        [HEAD, gemini(1, "user", "Q"), gemini(3, "gemini", "", toolCalls=[REFUSED])],
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_turn_whose_calls_were_all_refused_is_over(name: str) -> None:
    """The program waits for a person then, and writes no end of it."""
    agent, lines = REFUSALS[name]
    producer = MAKE[agent]()
    produced = producer.feed(b"".join(json.dumps(each).encode() + b"\n" for each in lines))
    produced += producer.flush()
    view = view_of(produced, ended=False)
    assert (view.state, view.turn_index) == ("idle", 1)
    assert [row.duration_ms for row in view.entries if row.kind == "commit"] == [2000]
