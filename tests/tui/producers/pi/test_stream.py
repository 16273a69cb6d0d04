"""pi's stream: what a run says live, what is tried again, and when a turn ends."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

from lashd.events import SessionOutcome
from lashtui.producers.pi.stream import PiStreamProducer
from tests.tui.producers.goldens import produce, prose_of, view_of, wire_of

START = {"type": "agent_start"}
BEGUN = {"type": "message_start", "message": {"role": "assistant", "content": []}}


def lines(*records: dict[str, Any]) -> bytes:
    """As pi prints them."""
    return "".join(json.dumps(each) + "\n" for each in records).encode()


def said(text: str) -> dict[str, Any]:
    """A person's message."""
    content = [{"type": "text", "text": text}]
    return {"type": "message_end", "message": {"role": "user", "content": content}}


def delta(text: str, **more: Any) -> dict[str, Any]:
    """A piece of an answer."""
    update = {"type": "text_delta", "contentIndex": 0, "delta": text}
    return {"type": "message_update", "assistantMessageEvent": update, **more}


def answer(text: str, reason: str = "stop", **more: Any) -> dict[str, Any]:
    """A whole answer."""
    content = [{"type": "text", "text": text}]
    message = {"role": "assistant", "content": content, "stopReason": reason, **more}
    return {"type": "message_end", "message": message}


def test_an_answer_comes_piece_by_piece_and_once() -> None:
    """Before its whole copy is there."""
    producer = PiStreamProducer()
    live = wire_of(producer.feed(lines(START, said("hi"), BEGUN, delta("A"), delta("B"))))
    assert [each["activity"].get("text") for each in live if "activity" in each][-2:] == ["A", "B"]
    rest = producer.feed(lines(answer("AB"), {"type": "agent_settled", "aborted": False}))
    assert [each["type"] for each in wire_of(rest)] == ["committed"]


def test_versions_that_repeat_the_message_and_dont_say_when_they_settle() -> None:
    """0.74: the turn ends once nothing more comes, not with a run that is tried again."""
    producer = PiStreamProducer()
    whole = {"message": {"role": "assistant", "content": [{"type": "text", "text": "A"}]}}
    failed = answer("A", "error", errorMessage="529 overloaded")
    again = {"type": "auto_retry_start", "attempt": 1, "maxAttempts": 3, "delayMs": 10}
    end = {"type": "agent_end", "messages": []}
    produced = producer.feed(lines(START, said("hi"), BEGUN, delta("A", **whole), failed, end))
    produced += producer.feed(lines(again))
    assert producer.flush() == []
    produced += producer.feed(lines(START, BEGUN, delta("B", **whole), answer("B"), end))
    assert producer.in_turn
    produced += producer.flush()
    assert not producer.in_turn
    view = view_of(produced, ended=False)
    assert prose_of(view) == ["B"]
    assert [row.state for row in view.entries if row.kind == "commit"] == ["success"]


def test_a_run_that_was_stopped_did_not_fail() -> None:
    """It says so; its words stay."""
    stopped = answer("A", "aborted", errorMessage="Request was aborted")
    data = lines(START, said("hi"), BEGUN, delta("A"), stopped)
    data += lines({"type": "agent_settled", "aborted": True})
    view = view_of(produce(PiStreamProducer(), [data], SessionOutcome.SUCCESS), ended=False)
    assert prose_of(view) == ["A"]
    assert [row.kind for row in view.entries if row.kind == "error"] == []
    assert "interrupted" in [row.name for row in view.entries]


def test_the_queue_is_followed() -> None:
    """Each message comes and is delivered once, though every record holds the whole queue."""
    producer = PiStreamProducer()
    queues: list[list[str]] = [["a"], ["a", "b"], ["b"], []]
    records = [{"type": "queue_update", "steering": each, "followUp": []} for each in queues]
    wire = wire_of(producer.feed(lines(START, said("hi"), *records)))
    changes = [(each["kind"], each["batch_ids"]) for each in wire if "batch_ids" in each]
    assert changes == [
        ("enqueued", ["queued-0"]),
        ("enqueued", ["queued-1"]),
        ("delivered", ["queued-0"]),
        ("delivered", ["queued-1"]),
    ]


def test_a_compaction_and_a_name_are_told() -> None:
    """In the turn that they happen in."""
    result = {"tokensBefore": 150_000, "estimatedTokensAfter": 32_000}
    data = lines(
        START,
        said("hi"),
        {"type": "compaction_end", "reason": "threshold", "result": result},
        {"type": "session_info_changed", "name": "Refactor"},
        {"type": "compaction_end", "reason": "threshold", "errorMessage": "no"},
    )
    produced = PiStreamProducer().feed(data)
    view = view_of(produced, ended=False)
    assert view.title == "Refactor"
    assert [row.name for row in view.entries if row.kind == "diagnostic"] == [
        "compact_boundary",
        "warning",
    ]


def test_places_without_end_are_not_kept() -> None:
    """Of the texts of one answer."""
    producer = PiStreamProducer()
    producer.feed(lines(START, said("hi"), BEGUN))
    tracemalloc.start()
    try:
        for place in range(20_000):
            update = {"type": "text_delta", "contentIndex": place, "delta": "x"}
            producer.feed(lines({"type": "message_update", "assistantMessageEvent": update}))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1024 * 1024
