"""Gemini's files: a log of messages that are written anew whenever they change."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import SessionOutcome
from lashtui.producers import Produced
from lashtui.producers.auto.detect import detect_format
from lashtui.producers.gemini.transcript import GeminiTranscriptProducer
from tests.tui.producers.goldens import prose_of, view_of, wire_of

HEADER = {"sessionId": "3f2a", "projectHash": "aa", "startTime": "2026-11-22T10:00:00.000Z"}
PROMPT = {
    "id": "u1",
    "timestamp": "2026-11-22T10:00:01.000Z",
    "type": "user",
    "content": [{"text": "Look around"}],
}
CALL = {"id": "c1", "name": "ls", "args": {"path": "."}, "status": "executing"}
WORKS: dict[str, Any] = {
    "id": "g1",
    "timestamp": "2026-11-22T10:00:02.000Z",
    "type": "gemini",
    "content": "I look.",
    "thoughts": [{"subject": "Plan", "description": "List it"}],
    "tokens": {"input": 10, "output": 4, "cached": 2, "thoughts": 1, "total": 15},
    "toolCalls": [CALL],
}
RESULT = [{"functionResponse": {"id": "c1", "response": {"output": "a.txt"}}}]
WORKED = {
    **WORKS,
    "toolCalls": [
        {**CALL, "status": "success", "result": RESULT, "timestamp": "2026-11-22T10:00:03.000Z"}
    ],
}
ANSWER = {
    "id": "g2",
    "timestamp": "2026-11-22T10:00:04.000Z",
    "type": "gemini",
    "content": "One file.",
    "tokens": {"input": 12, "output": 3},
}


def read(*records: dict[str, Any], producer: GeminiTranscriptProducer | None = None) -> list[Any]:
    """What these lines become."""
    producer = producer or GeminiTranscriptProducer()
    data = "".join(json.dumps(record) + "\n" for record in records).encode()
    return list(producer.feed(data))


def whole(*records: dict[str, Any]) -> list[Produced]:
    """A file from its beginning to its end."""
    producer = GeminiTranscriptProducer()
    return read(*records, producer=producer) + producer.finish(SessionOutcome.SUCCESS)


def test_a_turn() -> None:
    """A message that is written three times is told once; its call ends with its result."""
    lines = (HEADER, PROMPT, WORKS, {"$set": {"lastUpdated": "x"}}, WORKED, WORKED, ANSWER, ANSWER)
    view = view_of(whole(*lines))
    assert prose_of(view) == ["I look.", "One file."]
    kinds = [row.kind for row in view.entries]
    assert kinds == ["user", "reasoning", "prose", "tool", "prose", "commit"]
    tool = view.entries[3]
    assert (tool.name, tool.state, tool.duration_ms) == ("ls", "success", 1000.0)
    assert tool.output == {"outcome": {"status": "success", "payload": "a.txt"}}
    usages = [each["activity"]["usage"] for each in wire_of(whole(*lines)) if "usage" in str(each)]
    assert [each["input_tokens"] for each in usages] == [10, 12]
    assert view.turn_index == 1


def test_the_turn_ends_when_nothing_more_comes() -> None:
    """Not while a call is open; not before the pause."""
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, WORKS, producer=producer) + producer.flush()
    assert view_of(told, ended=False).state == "running"
    told += read(WORKED, ANSWER, producer=producer)
    assert view_of(told, ended=False).turn_index == 0
    told += producer.flush()
    assert view_of(told, ended=False).turn_index == 1


def test_a_prompt_ends_the_turn_before_it() -> None:
    """Read at once, two turns are two."""
    view = view_of(whole(HEADER, PROMPT, ANSWER, {**PROMPT, "id": "u2"}, {**ANSWER, "id": "g3"}))
    assert view.turn_index == 2


def test_failures() -> None:
    """A call's, with its reason; and an error as the turn's last word."""
    failed = [{"functionResponse": {"response": {"error": "no such directory"}}}]
    broken = {**WORKS, "toolCalls": [{**CALL, "status": "error", "result": failed}]}
    error = {"id": "e1", "timestamp": "x", "type": "error", "content": "[API Error: 400]"}
    view = view_of(whole(HEADER, PROMPT, broken, error), ended=False)
    tool = next(row for row in view.entries if row.kind == "tool")
    assert tool.output == {"outcome": {"status": "failure", "message": "no such directory"}}
    assert [row.text for row in view.entries if row.kind == "error"] == ["[API Error: 400]"]
    assert view.outcome == "failure"


def test_about_the_session() -> None:
    """Its directory and summary, where the file has them."""
    said = whole({**HEADER, "directories": ["/home/dev/x"]}, {"$set": {"summary": "Look"}})
    view = view_of(said)
    assert (view.agent, view.directory, view.title) == ("Gemini CLI", "/home/dev/x", "Look")


def test_it_is_recognised() -> None:
    """By its first line, with or without its kind."""
    for header in (HEADER, {**HEADER, "kind": "main"}):
        assert detect_format(json.dumps(header).encode() + b"\n") == "gemini-transcript"


def test_damaged_lines() -> None:
    """Nothing raises; what is whole is told."""
    odd: list[dict[str, Any]] = [
        {"id": "x"},
        {"id": "y", "type": "gemini", "content": 3, "toolCalls": [None, {"id": 1}], "tokens": []},
        {"$set": 1},
        {"$rewindTo": "g1"},
        {"sessionId": 1, "projectHash": 2, "directories": [1]},
        {"id": "z", "type": "user", "content": {"text": "hi"}},
    ]
    view = view_of(whole(*odd, ANSWER))
    assert prose_of(view) == ["One file."]
