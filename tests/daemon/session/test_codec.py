"""Events as flat maps: the contract's records, and what comes in as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor, SessionRevision
from lashd.errors import InvalidEvent
from lashd.session.codec import (
    decode_event,
    encode_event,
    event_from_wire,
    event_to_wire,
    payload_from_json,
    payload_from_wire,
    payload_to_wire,
)
from lashd.session.events import (
    AssistantProseDelta,
    Committed,
    Payload,
    SessionObservationEvent,
    ToolCallStarted,
    TurnActivity,
    UnknownTurnEvent,
    Usage,
)
from lashd.session.json_values import MAX_DEPTH

from .histories import payloads


def event_of(payload: Payload) -> SessionObservationEvent:
    revision = SessionRevision(3)
    return SessionObservationEvent("s", revision, SessionCursor.new("s", 3, 9), payload, 12)


@settings(max_examples=150, deadline=None)
@given(payloads)
def test_every_event_survives_the_wire(payload: Payload) -> None:
    """Encoding and decoding give the same event, as bytes, as maps and through JSON."""
    event = event_of(payload)

    assert decode_event(encode_event(event)) == event
    assert event_from_wire(json.loads(json.dumps(event_to_wire(event)))) == event
    assert payload_from_wire(payload_to_wire(payload)) == payload


def test_the_form_is_the_remote_form() -> None:
    """Envelope and payload are siblings; an activity's event is flattened into it."""
    payload = TurnActivity("a", "m", AssistantProseDelta("hi"), "t1")

    assert event_to_wire(event_of(payload)) == {
        "session_id": "s",
        "revision": 3,
        "cursor": "lashsc1:3:9:s",
        "at": 12,
        "type": "turn_activity",
        "activity": {
            "id": "a",
            "correlation_id": "m",
            "parent": "t1",
            "type": "assistant_prose_delta",
            "text": "hi",
        },
    }


def test_lash_records_are_taken_as_they_are() -> None:
    """lash's records, bare and in their wrapper, with keys that mean nothing here."""
    record = {
        "protocol_version": 5,
        "session_id": "s",
        "revision": 3,
        "cursor": "opaque",
        "type": "turn_activity",
        "activity": {
            "protocol_version": 5,
            "sequence": 17,
            "id": "a-17",
            "correlation_id": "msg-2",
            "type": "assistant_prose_delta",
            "text": "Hel",
        },
    }
    expected = TurnActivity("a-17", "msg-2", AssistantProseDelta("Hel"))

    assert payload_from_json(json.dumps(record))[0] == expected
    wrapped = json.dumps({"type": "observation", "event": record})
    assert payload_from_json(wrapped)[0] == expected


def test_a_bare_activity_needs_no_ids() -> None:
    """They are given at ingest."""
    payload, _ = payload_from_json('{"type": "usage", "usage": {"input_tokens": 3}}')

    assert payload == TurnActivity("", None, Usage({"input_tokens": 3}))


def test_an_unknown_type_is_carried() -> None:
    """With all its fields, but not the envelope's."""
    payload, _ = payload_from_json('{"type": "warp", "factor": 9, "cursor": "x", "id": "i"}')

    assert payload == TurnActivity("i", None, UnknownTurnEvent("warp", {"factor": 9}))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "not json",
        "[]",
        "3",
        "{}",
        '{"type": 3}',
        '{"type": ""}',
        '{"type": "error"}',
        '{"type": "error", "message": 3}',
        '{"type": "turn_activity"}',
        '{"type": "turn_activity", "activity": {"type": "usage", "id": 3}}',
        '{"type": "queue_changed", "kind": "lost", "batch_ids": []}',
        '{"type": "process_changed", "kind": "started"}',
        '{"type": "observation"}',
    ],
)
def test_what_is_no_event_is_an_error_that_says_why(line: str) -> None:
    """Never anything but InvalidEvent, with a sentence."""
    with pytest.raises(InvalidEvent, match=r"\w"):
        payload_from_json(line)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_arbitrary_bytes_are_events_or_invalid(data: bytes) -> None:
    """No input raises an undocumented error."""
    for parse in (payload_from_json, decode_event):
        try:
            parse(data)
        except InvalidEvent:
            continue


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "activity", "session_id", "revision", "cursor", "at", "kind"]),
        st.none()
        | st.integers()
        | st.text(max_size=5)
        | st.sampled_from(["turn_activity", "committed", "lashsc1:0:0:s", "usage"]),
    )
)
def test_arbitrary_maps_are_events_or_invalid(wire: dict[str, object]) -> None:
    """A map with the right keys and wrong values raises nothing but InvalidEvent."""
    for parse in (event_from_wire, payload_from_wire):
        try:
            parse(wire)
        except InvalidEvent:
            continue


def test_values_that_no_reader_could_carry_are_replaced() -> None:
    """Lone surrogates, huge integers and bottomless nesting cost no event."""
    surrogate, _ = payload_from_json(r'{"type": "assistant_prose_delta", "text": "a\ud800b"}')
    call = '{"type": "tool_call_started", "name": "x", "args": '
    huge, _ = payload_from_json(f"{call}{10**30}}}")
    deep, _ = payload_from_json(call + "[" * 500 + "]" * 500 + "}")

    assert surrogate == TurnActivity("", None, AssistantProseDelta("a\ufffdb"))
    assert huge == TurnActivity("", None, ToolCallStarted("x", str(10**30)))
    text = json.dumps(payload_to_wire(deep))
    assert "nested too deep" in text
    assert text.count("[") <= MAX_DEPTH + 1


def test_a_commit_needs_no_view() -> None:
    """`{"type": "committed"}` ends a turn."""
    assert payload_from_json('{"type": "committed"}')[0] == Committed()


@pytest.mark.parametrize("outcome", ["cut_off", "done", 1, [], {}, None])
def test_an_outcome_that_no_turn_has_costs_no_commit(outcome: object) -> None:
    """A publisher's own value is ignored, so an unknown one does no harm."""
    assert payload_from_wire({"type": "committed", "outcome": outcome}) == Committed()


def test_what_comes_over_the_wire_is_cut_at_the_same_depth() -> None:
    """A foreign client may send any depth; what it sends otherwise is what it is."""
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    payload = payload_from_wire({"type": "tool_call_started", "name": "x", "args": deep})
    assert "nested too deep" in json.dumps(payload_to_wire(payload))

    flat = {"type": "tool_call_started", "name": "x", "args": {"a": [1, {"b": None}]}}
    assert payload_from_wire(flat) == TurnActivity("", None, ToolCallStarted("x", flat["args"]))


@pytest.mark.parametrize(
    "line",
    [
        r'{"type": "usage", "counters": {}, "\ud800": 1}',
        r'{"type": "queue_changed", "kind": "enqueued", "batch_ids": [], "\ud800": 1}',
    ],
)
def test_a_key_that_no_text_can_have_costs_no_event(line: str) -> None:
    """A lone surrogate, which JSON can write."""
    payload, _ = payload_from_json(line)
    assert payload_to_wire(payload)


def test_what_is_wrong_with_a_huge_value_is_said_briefly() -> None:
    """The sentence is for a person."""
    with pytest.raises(InvalidEvent) as raised:
        payload_from_json('{"type": "session_changed", "kind": "' + "x" * 10_000 + '"}')
    assert len(str(raised.value)) < 600
