"""Whatever a program hands to its publisher lands: nothing is raised, and nothing refused."""

from __future__ import annotations

import datetime
import decimal
import enum
import re
import time
import uuid
from collections import UserDict
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.publish.connection import PublisherConnection
from lashd.publish.publisher import Publisher
from lashd.session.events import (
    AssistantProseDelta,
    CodeBlockCompleted,
    Error,
    QueueChanged,
    RuntimeDiagnostic,
    SessionQueueEventKind,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    UnknownTurnEvent,
    Usage,
    UserMessage,
)
from lashd.session.view import encode_view
from tests.daemon.hub.hub_harness import HubHarness
from tests.daemon.publish.publisher_harness import publisher


class Word(enum.StrEnum):
    """A text that is none."""

    ONE = "one"


class Text(str):
    """A text of its own type."""


@dataclass
class Point:
    """A value with fields."""

    x: object


class Evil:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return Evil
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = object.__hash__


def _cyclic() -> list[Any]:
    one: list[Any] = [1]
    one.append({"again": one})
    return one


def _nested(levels: int, width: int = 1) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value] * width
    return value


ODD: list[Any] = [
    _cyclic(),
    _nested(63),
    _nested(70),
    _nested(5000),
    _nested(60, 2),
    [0] * 70_000,
    [[0] * 30_000] * 2,
    {str(n): n for n in range(40_000)},
    {n: n for n in range(5)},
    {"k" * 300_000: 1},
    {"é" * 1000 + str(n): "" for n in range(2000)},
    "x" * 2_000_000,
    "é€" * 400_000,
    "\ud800lone",
    {"\udfff": "\ud800"},
    {("a", 1): {b"b": b"\xff"}},
    10**30,
    -(10**5000),
    float("nan"),
    {"n": [float("inf"), float("nan")]},
    b"\xff\x00",
    bytearray(3_000_000),
    object(),
    object,
    Evil(),
    [Evil()],
    ValueError("\ud800"),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    datetime.timedelta(1),
    decimal.Decimal("NaN"),
    uuid.UUID(int=5),
    Word.ONE,
    Text("own"),
    {Text("own"): Text("own")},
    Point(Point(_cyclic())),
    UserDict(a={1, 2}),
    (1, (2, [3])),
    range(10**9),
    (n for n in range(3)),
    {"type": "committed", "id": 5, "at": "noon", "session_id": [], "read_view": {}},
    msgspec.Raw(b"\xc1"),
    msgspec.msgpack.Ext(5, b"x"),
    True,
    2**63,
    2**64 - 1,
    -(2**63),
]
VALUES = st.sampled_from(ODD) | st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["c", "id"]),
    lambda some: (
        st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=3), some, max_size=4)
    ),
    max_leaves=8,
)

ACTIONS: list[Any] = [
    lambda one, a, b, c: one.publish(a, id=b, correlation_id=c),
    lambda one, a, b, c: one.publish(UserMessage("hi"), id=a, parent=b, at=c),
    lambda one, a, b, c: one.publish(AssistantProseDelta(a, b), correlation_id=c),
    lambda one, a, b, c: one.publish(AssistantProseDelta("more"), correlation_id=a),
    lambda one, a, b, c: one.publish(ToolCallStarted("sh", a, b), parent=c),
    lambda one, a, b, c: one.publish(ToolCallCompleted("sh", a, b, "c")),
    lambda one, a, b, c: one.publish(CodeBlockCompleted(output=a, error=b, tool_call_ids=c)),
    lambda one, a, b, c: one.publish(SubmittedValue(a)),
    lambda one, a, b, c: one.publish(RuntimeDiagnostic("kind", {"a": a, "b": [b, c]})),
    lambda one, a, b, c: one.publish(Usage(a, b, context=c)),
    lambda one, a, b, c: one.publish(Error(a)),
    lambda one, a, b, c: one.publish(UnknownTurnEvent("novel", {"a": a, "id": b, "parent": c})),
    lambda one, a, b, c: one.publish(UnknownTurnEvent(a, b)),
    lambda one, a, b, c: one.publish(UnknownTurnEvent("committed", a)),
    lambda one, a, b, c: one.publish(
        QueueChanged(SessionQueueEventKind.ENQUEUED, [a], {"b": {"text": b, "more": c}})
    ),
    lambda one, a, b, c: one.publish({"type": "tool_value", "tool_name": "t", "value": a, "at": b}),
    lambda one, a, b, c: one.publish({"type": a, "activity": b, "revision": c}),
    lambda one, a, b, c: one.tool(a, b, id=c).result(a),
    lambda one, a, b, c: one.tool("t", b, parent=c).fail(a, b),
    lambda one, a, b, c: one.prose(a),
    lambda one, a, b, c: one.user(a),
    lambda one, a, b, c: one.error(a),
    lambda one, a, b, c: one.plan([a, b, c]),
    lambda one, a, b, c: one.usage(a, input_tokens=b, model=c),
    lambda one, a, b, c: one.diagnostic(a, b),
    lambda one, a, b, c: one.retry(a, attempt=b, wait_seconds=c),
    lambda one, a, b, c: one.queue.enqueue(a, id=b),
    lambda one, a, b, c: one.commit(a, b, at=c),
    lambda one, a, b, c: one.commit(read_view=a),
    lambda one, a, b, c: one.end("success", a, at=b),
]


def deliver(one: Publisher) -> tuple[list[Any], dict[str, Any]]:
    """Have a hub take all that was published; what it refused, and its view."""
    harness = HubHarness()
    harness.clock.now = time.time() + 1
    client = harness.connect(hello=False)
    connection = PublisherConnection(one._shared, views=True)
    refused: list[Any] = []
    data = connection.greeting()
    while data:
        client.send_bytes(data)
        for record in client.receive():
            assert record["type"] in ("hello", "opened", "restored", "ack"), record
            refused += record.get("refused") or []
            connection.receive(frame_of(record))
        data = connection.next_frame()
    assert one._shared.outbox.is_acknowledged
    view = harness.connect().request(type="show", session_id="s")["read_view"]
    return refused, view


def frame_of(record: dict[str, Any]) -> bytes:
    """The record's frame."""
    body = msgspec.msgpack.encode(record)
    return len(body).to_bytes(4, "big") + body


def comparable(view: dict[str, Any]) -> dict[str, Any]:
    """Without what is the daemon's own."""
    for entry in view["entries"]:
        del entry["position"]
        entry["id"] = re.sub(r"#\d+$", "#", entry["id"])  # of one that came twice: its position
    own = ("incarnation", "updated_at")
    return {key: value for key, value in view.items() if key not in own}


def publish_all(calls: list[tuple[Any, Any, Any, Any]]) -> None:
    """Make these calls, and compare both views."""
    one = publisher("/nonexistent/socket")
    try:
        for action, *values in calls:
            action(one, *values)
        one.publish(UserMessage("the end"))
        refused, view = deliver(one)
        own: dict[str, Any] = msgspec.msgpack.decode(encode_view(one._shared.draft.view))
    finally:
        one.close(0)
    assert refused == []
    assert comparable(own) == comparable(view)
    assert view["entries"][-1]["text"] == "the end"


@pytest.mark.parametrize("action", ACTIONS, ids=range(len(ACTIONS)))
def test_each_odd_value_lands_or_costs_a_warning(action: Any) -> None:
    """In each place that takes one; the daemon refuses none of it and shows the same view."""
    publish_all([(action, odd, odd, odd) for odd in ODD])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), VALUES, VALUES, VALUES), max_size=12))
def test_any_history_of_any_values_lands(calls: list[tuple[Any, Any, Any, Any]]) -> None:
    """In any order: what the daemon shows is what this publisher would restore."""
    publish_all(calls)
