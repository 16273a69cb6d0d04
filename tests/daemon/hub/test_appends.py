"""Which appends are decoded in one call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.hub.appends import TurnAppend, decode_turns
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_EVENT_VALUES

TURN = {"type": "turn_activity", "activity": {"type": "user_message", "text": "x"}}


def append(events: list[Any], **more: Any) -> bytes:
    """One frame's body."""
    return msgspec.msgpack.encode({"type": "append", "first": 5, "events": events, **more})


@pytest.mark.parametrize("count", [0, 1, MAX_BATCH_EVENTS])
def test_turn_events_alone_are(count: int) -> None:
    """Up to as many as an append may have."""
    message = decode_turns(append([TURN] * count, view=None, later="ignored"))
    assert isinstance(message, TurnAppend)
    assert (message.first, len(message.events), message.view) == (5, count, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"type": "ping"}),
        append([TURN] * (MAX_BATCH_EVENTS + 1)),
        append([TURN, {"type": "usage"}]),
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
    assert decode_turns(body) is None
