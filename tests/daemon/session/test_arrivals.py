"""Events as they arrive and as they go out: the short way and the long way are one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.cursor import SessionCursor, SessionRevision, join_position
from lashd.errors import InvalidEvent
from lashd.session.arrivals import (
    EventDecoder,
    PayloadArrival,
    TurnArrival,
    check_turn,
    encode_turns,
)
from lashd.session.codec import decode_event, payload_to_wire
from lashd.session.events import (
    AssistantProseDelta,
    Payload,
    SessionObservationEvent,
    TurnActivity,
    UnknownTurnEvent,
    Usage,
)
from lashd.wire_limits import MAX_APPEND_VALUES, MAX_EVENT_VALUES

from .histories import payloads, turn_events

encode = msgspec.msgpack.Encoder().encode
decode_turn = msgspec.msgpack.Decoder(TurnArrival).decode

known = turn_events.filter(lambda event: not isinstance(event, UnknownTurnEvent))
with_ids = st.builds(
    TurnActivity, st.text(min_size=1), st.text(min_size=1), known, st.none() | st.text(min_size=1)
)


def raw(value: Any) -> msgspec.Raw:
    """One element of an append."""
    return msgspec.Raw(encode(value))


@given(with_ids, st.none() | st.integers(0, 2**40))
def test_a_turn_event_arrives_as_its_payload(activity: TurnActivity, at: int | None) -> None:
    """Every kind, with all of its fields."""
    turn = decode_turn(encode({**payload_to_wire(activity), "at": at}))
    assert turn.payload == activity
    assert turn.event == activity.event
    assert turn.at == at
    assert check_turn(turn) is turn


@given(st.lists(st.tuples(with_ids, st.integers(0, 2**40)), max_size=5), st.integers(0, 2**30))
def test_what_goes_out_is_what_the_long_way_makes(
    given_turns: list[tuple[TurnActivity, int]], first: int
) -> None:
    """Cursor, revision, time and payload."""
    turns = [decode_turn(encode({**payload_to_wire(each), "at": at})) for each, at in given_turns]
    frames = encode_turns(turns, "s", 3, join_position(7, first))
    assert [decode_event(frame) for frame in frames] == [
        SessionObservationEvent(
            "s",
            SessionRevision(3),
            SessionCursor.of_parts("s", 3, join_position(7, first + index)),
            activity,
            at,
        )
        for index, (activity, at) in enumerate(given_turns)
    ]
    framed = encode_turns(turns, "s", 3, join_position(7, first), ">I")
    assert framed == [len(frame).to_bytes(4) + frame for frame in frames]


@pytest.mark.parametrize("session_id", ["s", "é" * 100, "x" * 256])
@pytest.mark.parametrize("revision", [0, 200, 2**64 - 1])
def test_cursors_of_any_length_go_out(session_id: str, revision: int) -> None:
    """Where the position gets another digit, and where text needs a longer form."""
    wire = {**payload_to_wire(TurnActivity("a", "b", AssistantProseDelta("x"))), "at": 2**53}
    turns = [decode_turn(encode(wire)) for _ in range(30)]
    for first in (1, 85, 99_990, 2**64 - 31):
        cursors = [
            decode_event(frame).cursor for frame in encode_turns(turns, session_id, revision, first)
        ]
        assert cursors == [
            SessionCursor.of_parts(session_id, revision, first + index) for index in range(30)
        ]


def test_the_text_of_a_delta_is_the_last_that_goes_out() -> None:
    """Its ids come first: a reader that looks for the text looks at the end."""
    activity = TurnActivity("id", "corr", AssistantProseDelta("the text"))
    (frame,) = encode_turns(
        [decode_turn(encode({**payload_to_wire(activity), "at": 5}))], "s", 0, 1
    )
    assert frame.endswith(b"the text")


@given(payloads)
def test_one_by_one_every_event_arrives(payload: Payload) -> None:
    """Bare ones and unknown ones too."""
    arrival = EventDecoder(100).decode(raw({**payload_to_wire(payload), "at": 5, "revision": 2}))
    assert (arrival.at, arrival.revision) == (5, 2)
    assert arrival.payload == payload
    if isinstance(payload, TurnActivity):
        bare = EventDecoder(100).decode(raw({**payload_to_wire(payload)["activity"]}))
        assert arrival.payload == bare.payload


@pytest.mark.parametrize(
    "wire",
    [
        3,
        None,
        [],
        "text",
        {},
        {"type": ""},
        {"type": 5},
        {"type": "turn_activity"},
        {"type": "turn_activity", "activity": 3},
        {"type": "turn_activity", "activity": {"type": "assistant_prose_delta", "text": 3}},
        {"type": "queue_changed", "kind": "no such", "batch_ids": []},
        {"type": "novel", "x": {5: 1}},
        {"type": "turn_activity", "activity": {"type": "usage", "usage": {5: 1}}},
        {"type": "tool_call_started", "name": "x", "args": b"bytes"},
        {5: 1},
    ],
)
def test_what_is_no_event_is_refused(wire: Any) -> None:
    """With a reason, and nothing else is raised."""
    with pytest.raises(InvalidEvent, match=r".+"):
        EventDecoder(100).decode(raw(wire))


@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_events_or_refused(data: bytes) -> None:
    """One kind of error."""
    try:
        arrival = EventDecoder(len(data)).decode(msgspec.Raw(data))
    except InvalidEvent:
        return
    assert isinstance(arrival, TurnArrival | PayloadArrival)


def test_odd_times_and_revisions_are_none() -> None:
    """Of another dialect; the event stands all the same."""
    wire = {"type": "usage", "usage": {"x": 1}, "at": "noon", "revision": "x"}
    arrival = EventDecoder(100).decode(raw(wire))
    assert arrival == PayloadArrival(TurnActivity("", None, Usage({"x": 1})), None, None)


def test_long_texts_are_few_values() -> None:
    """An append of megabytes is no flood."""
    event = raw({"type": "tool_call_started", "name": "x", "args": {"text": "y" * 10_000}})
    decoder = EventDecoder(800 * 10_000)
    for _ in range(800):
        assert isinstance(decoder.decode(event), PayloadArrival)


def test_a_flood_of_values_is_refused_event_by_event() -> None:
    """Each has its bound, and all of an append have theirs."""
    most = {"type": "tool_call_started", "name": "x", "args": [{}] * (MAX_EVENT_VALUES - 10)}
    over = {"type": "tool_call_started", "name": "x", "args": [{}] * MAX_EVENT_VALUES}
    decoder = EventDecoder(MAX_APPEND_VALUES + 1)
    with pytest.raises(InvalidEvent, match="the event has over 65,536 values"):
        decoder.decode(raw(over))
    for _ in range(4):
        decoder.decode(raw(most))
    with pytest.raises(InvalidEvent, match="the append has over 262,144 values"):
        decoder.decode(raw(most))
