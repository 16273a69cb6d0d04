"""Lines of events: each form taken, each bad line told by its number and survived."""

from __future__ import annotations

import json

from lashd.events import (
    AssistantProseDelta,
    Committed,
    QueueChanged,
    SessionOutcome,
    TurnActivity,
    UnknownTurnEvent,
)
from lashtui.producers import Produced
from lashtui.producers.jsonl import JsonlProducer
from tests.tui.producers.goldens import view_of


def produce(data: bytes) -> tuple[list[Produced], list[str]]:
    """(payloads, warnings) of an input."""
    producer = JsonlProducer()
    return producer.feed(data) + producer.finish(SessionOutcome.SUCCESS), producer.take_warnings()


def test_every_form_of_an_event_is_taken() -> None:
    """Bare activities, event objects, lash's records with and without wrapper."""
    bare = {"type": "assistant_prose_delta", "text": "a"}
    event = {"type": "turn_activity", "activity": bare, "at": 5, "revision": 2}
    lines = [bare, event, {"type": "observation", "event": event}, {"type": "committed"}]
    lines.append({"type": "queue_changed", "kind": "enqueued", "batch_ids": ["b"]})
    produced, warnings = produce("\n".join(map(json.dumps, lines)).encode())
    assert warnings == []
    activities = [each.payload for each in produced[:3]]
    assert all(
        isinstance(each, TurnActivity) and each.event == AssistantProseDelta(text="a")
        for each in activities
    )
    assert (produced[1].at, produced[1].revision) == (5, 2)
    assert produced[0].at is None
    assert isinstance(produced[3].payload, Committed)
    assert isinstance(produced[4].payload, QueueChanged)


def test_it_never_commits_by_itself() -> None:
    """Only a `committed` line ends a turn."""
    produced, _ = produce(b'{"type":"user_message","text":"hi"}')
    assert len(produced) == 1


def test_bad_lines_are_told_by_number_and_survived() -> None:
    """Blank lines count and cost nothing; the rest goes on."""
    produced, warnings = produce(
        b'\nnot json\n[1]\n{"type":"usage","usage":3}\n{"no":"type"}\n{"type":"brand_new","x":1}\n'
    )
    assert [each.split(" skipped")[0] for each in warnings] == [
        "line 2",
        "line 3",
        "line 4",
        "line 5",
    ]
    (unknown,) = produced
    assert isinstance(unknown.payload, TurnActivity)
    assert unknown.payload.event == UnknownTurnEvent("brand_new", {"x": 1})


def test_a_line_over_the_bound_is_skipped_alone() -> None:
    """Its memory isn't kept, and the next line is read as ever."""
    producer = JsonlProducer(max_line=100)
    produced = producer.feed(b"x" * 70)
    produced += producer.feed(b"x" * 70)
    produced += producer.feed(b'yy\n{"type":"error","message":"m"}\n')
    assert len(produced) == 1
    assert producer.take_warnings() == ["line 1 skipped: it is too long"]


def test_absurd_numbers_of_the_envelope_are_ignored() -> None:
    """A time or revision that is none costs nothing but itself."""
    for value in ("-1", "1e400", '"x"', "true", str(2**70)):
        produced, warnings = produce(
            f'{{"type":"committed","at":{value},"revision":{value}}}'.encode()
        )
        assert warnings == []
        assert (produced[0].at, produced[0].revision) == (None, None)


def test_warnings_are_bounded() -> None:
    """An input that is no jsonl at all doesn't fill the memory with complaints."""
    _, warnings = produce(b"junk\n" * 5000)
    assert len(warnings) == 100


def test_records_about_a_stream_are_no_events() -> None:
    """What `attach --format json` prints can be published again: its events, and nothing else."""
    kinds = ("attached", "observation", "gap", "synced", "progress", "disconnected", "end")
    lines = [{"type": kind, "cursor": "lashsc1:0:1:s", "read_view": {}} for kind in kinds]
    produced, warnings = produce("\n".join(map(json.dumps, lines)).encode())
    assert (produced, warnings) == ([], [])


def test_the_model_and_its_context_are_taken() -> None:
    """As the vocabulary has them; what is no context costs no counters."""
    lines: list[object] = [
        {"type": "session_changed", "kind": "opened", "model": "m1"},
        {"type": "usage", "usage": {"n": 1}, "context": {"used": 45_000, "size": 200_000}},
        {"type": "usage", "usage": {"n": 1}, "context": "odd"},
    ]
    produced, warnings = produce("\n".join(map(json.dumps, lines)).encode())
    view = view_of(produced, ended=False)
    assert (view.model, warnings) == ("m1", [])
    assert view.usage["total"] == {"n": 2}
    assert view.usage["context"] == {"used": 45_000, "size": 200_000}
