"""Which values are let in at the door."""

from __future__ import annotations

import datetime
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given

from lashd.errors import InvalidEvent
from lashd.session.events import (
    Committed,
    QueueChanged,
    RetryStatus,
    SessionQueueEventKind,
    ToolCallCompleted,
    TurnActivity,
    UnknownTurnEvent,
)
from lashd.session.json_values import MAX_DEPTH, checked_payload, checked_value

from .histories import payloads, values


@given(values)
def test_json_is_let_in_as_it_is(value: Any) -> None:
    """The same object, so nothing is copied."""
    assert checked_value(value) is value


@given(payloads)
def test_events_of_the_vocabulary_are_let_in_as_they_are(payload: Any) -> None:
    """Words of fixed sets among them."""
    assert checked_payload(payload) is payload


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_float_that_json_has_no_form_for_becomes_null(number: float) -> None:
    """At any depth."""
    assert checked_value(number) is None
    assert checked_value({"a": [1.5, number, {"b": number}]}) == {"a": [1.5, None, {"b": None}]}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({5: 1}, "key is the int 5"),
        ({b"k": 1}, "key is bytes"),
        ({(1, 2): 1}, "key is a list"),
        ({None: 1}, "key is"),
        (b"bytes", "bytes"),
        (msgspec.msgpack.Ext(5, b"x"), "an extension type"),
        (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "a timestamp"),
    ],
)
def test_what_json_has_not_is_refused_with_its_name(value: Any, what: str) -> None:
    """On its own, in a list, in a map, however deep."""
    for wrapped in (value, [value], {"a": value}, {"a": [[{"b": value}]]}):
        with pytest.raises(InvalidEvent, match=what):
            checked_value(wrapped)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_nesting_has_a_bound(wrap: Any) -> None:
    """64 levels, and no more."""
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = wrap(value)
    assert checked_value(value) is value
    with pytest.raises(InvalidEvent, match="64 levels"):
        checked_value(wrap(value))


def test_every_field_that_takes_any_value_is_looked_into() -> None:
    """Of turn events, of unknown ones, and of the others."""
    bad = {5: 1}
    for payload in (
        TurnActivity("a", "a", ToolCallCompleted(args=bad)),
        TurnActivity("a", "a", ToolCallCompleted(output=[bad])),
        TurnActivity("a", "a", UnknownTurnEvent("x", {"y": bad})),
        QueueChanged(SessionQueueEventKind.ENQUEUED, ["a"], {"a": {"text": bad}}),
        Committed({"entries": bad}),
    ):
        with pytest.raises(InvalidEvent):
            checked_payload(payload)


def test_a_field_that_must_hold_a_number_holds_one() -> None:
    """A wait of unknown length is one of none; a duration may be unknown."""
    assert checked_payload(
        TurnActivity("a", "a", RetryStatus(wait_seconds=math.nan, attempt=2))
    ) == TurnActivity("a", "a", RetryStatus(wait_seconds=0.0, attempt=2))
    call = TurnActivity("a", "a", ToolCallCompleted(name="x", duration_ms=math.inf))
    assert checked_payload(call) == TurnActivity("a", "a", ToolCallCompleted(name="x"))
