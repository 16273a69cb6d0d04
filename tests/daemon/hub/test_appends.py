"""Which appends are decoded in one call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.hub.appends import TypedAppend, decode_typed
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_EVENT_VALUES

TURN = {"type": "turn_activity", "activity": {"type": "user_message", "text": "x"}}
KINDS = [
    TURN,
    {"type": "queue_changed", "kind": "enqueued", "batch_ids": ["a"]},
    {"type": "process_changed", "kind": "exited", "process_ids": ["a"], "at": 5},
    {"type": "committed"},
    {"type": "session_changed", "kind": "ended", "outcome": "success"},
    {"type": "agent_frame_switched", "frame_id": "f"},
]


def append(events: list[Any], **more: Any) -> bytes:
    """One frame's body."""
    return msgspec.msgpack.encode({"type": "append", "first": 5, "events": events, **more})


@pytest.mark.parametrize("count", [0, 1, MAX_BATCH_EVENTS])
def test_events_of_known_kinds_are(count: int) -> None:
    """Up to as many as an append may have."""
    message = decode_typed(append((KINDS * count)[:count], view=None, later="ignored"))
    assert isinstance(message, TypedAppend)
    assert (message.first, len(message.events), message.view) == (5, count, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"type": "ping"}),
        append([TURN] * (MAX_BATCH_EVENTS + 1)),
        append([TURN, {"type": "usage"}]),
        append([TURN, {"type": "queue_changed", "kind": "x", "batch_ids": []}]),
        append([{"type": "turn_activity", "activity": {"type": "novel"}}]),
        append([{"type": "turn_activity", "activity": {"type": "user_message", "text": 3}}]),
        append([3]),
        append([TURN], view={}),
        append([TURN], first="x"),
        append([TURN, {**TURN, "x": "y" * MAX_EVENT_VALUES}]),
        b"\x91" * 100_000,
    ],
)
def test_anything_else_is_left_to_the_general_way(body: bytes) -> None:
    """Also what is large enough to hold too many values."""
    assert decode_typed(body) is None
