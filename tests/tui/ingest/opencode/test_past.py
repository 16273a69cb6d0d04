"""What a server keeps of a session gives what its stream gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashtui.ingest.opencode.past import Past
from lashtui.producers import Produced
from lashtui.producers.opencode.sse import OpencodeSseProducer
from tests.tui.ingest.opencode.fake import Kept, recorded
from tests.tui.producers.goldens import view_of

EVENTS = recorded("permissions")
SESSION = next(each["properties"]["sessionID"] for each in EVENTS if "session.c" in each["type"])


def fed(
    events: list[dict[str, Any]], producer: OpencodeSseProducer | None = None
) -> list[Produced]:
    """What these events give."""
    producer = producer or OpencodeSseProducer(session_id=SESSION)
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    return producer.feed(data) + producer.flush()


def rows(produced: list[Produced]) -> list[tuple[Any, ...]]:
    """What a reader sees of the agent's work: words, calls, turns."""
    kinds = ("user", "prose", "reasoning", "tool", "commit")
    entries = [row for row in view_of(produced, ended=False).entries if row.kind in kinds]
    return [(row.kind, row.parent, row.text, row.name, row.state) for row in entries]


def kept_after(events: list[dict[str, Any]]) -> Kept:
    """What the server keeps once these have happened."""
    kept = Kept()
    for event in events:
        kept.take(event)
    return kept


def past_of(kept: Kept, *, is_idle: bool, after: str = "") -> tuple[Past, list[dict[str, Any]]]:
    """Its session's past."""
    past = Past(lambda name: kept.answer(f"/session/{name}/message") or [])
    return past, list(past.events(SESSION, is_idle=is_idle, after=after))


def test_the_past_is_what_the_stream_told() -> None:
    """Turns, words, calls and their ends, a subagent below its call; when it was, too."""
    _, events = past_of(kept_after(EVENTS), is_idle=True)
    live, past = fed(EVENTS), fed(events)
    assert rows(past) == rows(live)
    turns = [
        [row.duration_ms for row in view_of(each).entries if row.kind == "commit"]
        for each in (live, past)
    ]
    assert [len(each) for each in turns] == [3, 3]
    assert all(abs(a - b) < 1000 for a, b in zip(*turns, strict=True) if a and b)


@pytest.mark.parametrize("cut", range(5, len(EVENTS), 7))
def test_past_and_what_comes_after_it(cut: int) -> None:
    """Wherever the stream is joined, the whole session is there, each thing once."""
    kept = kept_after(EVENTS[:cut])
    if SESSION not in kept.sessions:
        return
    is_idle = kept.status.get(SESSION, {}).get("type", "idle") == "idle"
    _, events = past_of(kept, is_idle=is_idle)
    producer = OpencodeSseProducer(session_id=SESSION)
    begun = {
        event["properties"]["part"]["id"]
        for event in EVENTS[cut:]
        if event["type"] == "message.part.updated" and not event["properties"]["part"].get("text")
    }
    rest = [
        event
        for event in EVENTS[cut:]
        if event["type"] != "message.part.delta" or event["properties"]["partID"] in begun
    ]
    assert rows(fed(events, producer) + fed(rest, producer)) == rows(fed(EVENTS))


def test_what_was_told_is_left_out() -> None:
    """From the newest prompt on it is told again, and nothing of it twice."""
    past, events = past_of(kept_after(EVENTS), is_idle=True)
    _, again = past_of(kept_after(EVENTS), is_idle=True, after=past.newest_prompt)
    assert 0 < len(again) < len(events) / 2
    producer = OpencodeSseProducer(session_id=SESSION)
    told = fed(events, producer)
    assert rows(told + fed(again, producer)) == rows(told)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        3,
        [],
        {},
        {"info": 3},
        {"info": {"id": 5}, "parts": {}},
        {
            "info": {"id": "m", "role": "assistant", "error": 1},
            "parts": [{"type": "tool"}, {"type": 3}],
        },
    ],
)
def test_junk(junk: Any) -> None:
    """A damaged message is passed over."""
    kept = kept_after(EVENTS)
    good = kept.answer(f"/session/{SESSION}/message")
    messages = [*([junk] if isinstance(junk, dict) else []), *good]
    past = Past(lambda name: messages if name == SESSION else [])
    assert rows(fed(list(past.events(SESSION, is_idle=True))))[-1][0] == "commit"


def test_subagents_that_call_each_other() -> None:
    """A circle of them ends."""
    part = {"id": "p", "type": "tool", "tool": "task", "callID": "c"}
    part["state"] = {"status": "running", "input": {}, "metadata": {"sessionId": SESSION}}  # type: ignore[assignment]
    message = {"info": {"id": "m", "role": "assistant", "time": {"created": 1}}, "parts": [part]}
    past = Past(lambda name: [message])
    assert len(list(past.events(SESSION, is_idle=False))) < 20
