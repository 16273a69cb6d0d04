"""What a daemon keeps of many sessions: the view of every fold, in the memory that it counts."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings

from lashd.session.events import (
    AssistantProseDelta,
    Payload,
    ProcessChanged,
    QueueChanged,
    RuntimeDiagnostic,
    SessionProcessEventKind,
    SessionQueueEventKind,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
)
from lashd.session.fold import Fold
from lashd.session.host import SessionHost
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.view import ReadView, decode_view, encode_view
from lashd.wire_limits import MAX_SNAPSHOT_BYTES

from .histories import histories
from .test_fold import event_at


@settings(max_examples=150, deadline=None)
@given(histories)
def test_it_is_the_view_of_every_other_fold(history: list[Payload]) -> None:
    """After each event, and when it goes on from a copy."""
    plain, packed = Fold(ReadView("s")), Fold(ReadView("s"), packed=True)
    for n, payload in enumerate(history, 1):
        plain.apply(event_at(n, payload))
        packed.apply(event_at(n, payload))
        copied = packed.view.copy()
        assert copied == plain.view
        assert packed.size == plain.size
        if n % 5 == 0:
            packed = Fold(copied, packed=True)


def activity(n: int, event: Any, key: str | None = None) -> TurnActivity:
    """With ids of its own."""
    name = key or f"{n:x}"
    return TurnActivity(name, name, event)


FLOODS: dict[str, Any] = {
    "empty maps": lambda n: activity(n, ToolCallStarted("x", [{}] * 60_000, f"c{n}")),
    "small numbers": lambda n: activity(n, SubmittedValue(list(range(60_000)))),
    "nested": lambda n: activity(n, ToolCallCompleted("x", output=[[[["a"]]]] * 12_000)),
    "a plan": lambda n: activity(n, RuntimeDiagnostic("plan", [{"text": "a"}] * 8_000)),
    "wide text": lambda n: activity(n, UserMessage("a" * 30_000 + "😀")),
    "wide text in deltas": lambda n: activity(n, AssistantProseDelta("abc😀" * 20), "one"),
    "tiny entries": lambda n: activity(n, UserMessage("")),
    "long ids": lambda n: activity(n, UserMessage("x"), f"{n:x}" + "i" * 240),
    "a queue": lambda n: QueueChanged(
        SessionQueueEventKind.ENQUEUED, [f"{n}"], {f"{n}": {"text": "é" * 4000}}
    ),
    "processes": lambda n: ProcessChanged(
        SessionProcessEventKind.EXITED, [f"{n}"], {f"{n}": {"output": "ü" * 4000, "label": "l"}}
    ),
}


HEAVY = ("empty maps", "small numbers", "nested", "a plan")
"""Events of which each has tens of thousands of values."""


@pytest.mark.parametrize("kind", FLOODS)
def test_memory_that_is_counted_is_memory_that_is_held(kind: str) -> None:
    """Within a factor of three, whatever the events are made of."""
    host = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: 1, packed=True)
    counted_before = host.view_bytes
    tracemalloc.start()
    try:
        for n in range(20 if kind in HEAVY else 300):
            host.record(FLOODS[kind](n))
        host.forget_encoded()
        view_bytes = host.view_bytes - counted_before
        # The history is counted apart, by the store.
        ring = host._store.total_bytes
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 3 * (view_bytes + ring)
    assert held > (view_bytes + ring) / 3


def test_every_view_fits_in_a_snapshot() -> None:
    """However long its names are and however full its lists."""
    wide = "😀" * 256
    folding = Fold(ReadView("s"), packed=True)
    for n in range(1, 20_000):
        name = f"{n:05}{wide}"
        event = ToolCallStarted(name, {"a": wide}, name)
        folding.apply(event_at(n, TurnActivity(name, name, event, wide)))
    for n in range(300):
        name, text = f"{n:05}{wide}", "😀" * 5000
        details = {name: {"text": text, "label": text, "output": text, "delivery": text}}
        queue, exited = SessionQueueEventKind.ENQUEUED, SessionProcessEventKind.EXITED
        folding.apply(event_at(n, QueueChanged(queue, [name], details)))
        folding.apply(event_at(n, ProcessChanged(exited, [name], details)))
    data = encode_view(folding.view)
    assert len(data) < MAX_SNAPSHOT_BYTES
    assert decode_view(data).dropped_entries > 0
