"""Events as they leave a publisher: replaced, cut, and encoded once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.errors import InvalidEvent
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    Committed,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UnknownTurnEvent,
)
from lashd.session.outgoing import Outgoing, outgoing, payload_of, time_of
from lashd.wire_limits import MAX_EVENT_BYTES


def sent(event: AnyTurnEvent, **ids: Any) -> dict[str, Any]:
    """The activity as it goes over the wire."""
    made = outgoing(TurnActivity("", None, event, **ids), 5)
    whole: dict[str, Any] = msgspec.msgpack.decode(made.complete("i", "c"))
    assert (whole["type"], whole["at"]) == ("turn_activity", 5)
    activity: dict[str, Any] = whole["activity"]
    return activity


def test_ids_and_time_are_put_around_what_is_encoded() -> None:
    """With a revision where there is one, and around maps of any size."""
    assert sent(AssistantProseDelta("a"), parent="p") == {
        "id": "i",
        "correlation_id": "c",
        "parent": "p",
        "type": "assistant_prose_delta",
        "text": "a",
    }
    many = {f"k{n}": n for n in range(70)}
    assert sent(UnknownTurnEvent("novel", many)) == many | {
        "id": "i",
        "correlation_id": "c",
        "type": "novel",
    }
    assert msgspec.msgpack.decode(outgoing(Committed(), 5, 9).complete("", "")) == {
        "type": "committed",
        "at": 5,
        "revision": 9,
    }


def test_what_json_does_not_have_is_replaced() -> None:
    """Keys become text, what is no number null, anything else its repr."""
    event = ToolCallStarted("s\ud800h", {1: float("nan"), "o": b"x", "t": (1,), "n": 10**30})
    assert sent(event)["args"] == {"1": None, "o": "x", "t": [1], "n": str(10**30)}
    assert sent(event)["name"] == "s\ufffdh"


def test_what_is_too_large_is_cut() -> None:
    """In each field by itself, so that the others stay."""
    size = 2 * MAX_EVENT_BYTES
    event = ToolCallCompleted("sh", "a" * size, ["b" * size] * 3, "call")
    made = outgoing(TurnActivity("", None, event), 5)

    assert len(made.complete("i", "c")) < MAX_EVENT_BYTES
    assert sent(event)["call_id"] == "call"
    assert "cut" in sent(event)["args"]


def test_a_commits_view_that_can_not_be_sent_is_left_out() -> None:
    """The turn ends all the same."""
    made = outgoing(Committed({"title": "x" * 2 * MAX_EVENT_BYTES}), 5)
    assert msgspec.msgpack.decode(made.body) == {"type": "committed"}


def test_fields_of_an_unknown_event_are_not_its_ids() -> None:
    """An envelope's names mean nothing there."""
    activity = sent(UnknownTurnEvent("novel", {"id": 5, "parent": [], "x": 1}))
    assert activity == {"id": "i", "correlation_id": "c", "type": "novel", "x": 1}


def test_a_time_that_is_none_is_now() -> None:
    """Nor is one in the future."""
    assert [time_of(at, 9) for at in (None, "x", float("nan"), 10, 3.5)] == [9, 9, 9, 9, 3]


def test_a_map_is_read_as_the_wire_has_it() -> None:
    """With its own time and revision."""
    payload, at, revision = payload_of({"type": "committed", "at": 3, "revision": 4})
    assert (payload, at, revision) == (Committed(), 3, 4)
    with pytest.raises(InvalidEvent):
        payload_of({"at": 3})


def test_an_event_waits_as_bytes_alone() -> None:
    """What the program does to its values afterwards changes nothing."""
    args = {"a": 1}
    made: Outgoing = outgoing(TurnActivity("", None, ToolCallStarted("sh", args)), 5)
    args["a"] = 2
    assert msgspec.msgpack.decode(made.body)["args"] == {"a": 1}
