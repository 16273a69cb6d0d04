"""What an event costs: the same in a long session as in a short one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from lashd.session.events import (
    AgentFrameSwitched,
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    CodeBlockCompleted,
    Committed,
    Error,
    ModelAttemptReset,
    Payload,
    ProcessChanged,
    QueueChanged,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionProcessEventKind,
    SessionQueueEventKind,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UnknownTurnEvent,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.session.fold import Fold
from lashd.session.view import Entry, Process, QueueItem, ReadView

from .test_fold import event_at

ROWS = 10_000


def activity(event: AnyTurnEvent, key: str | None = None) -> TurnActivity:
    """One turn event."""
    return TurnActivity("", key, event)


EVENTS: dict[str, Payload] = {
    "text": activity(AssistantProseDelta("x")),
    "text of an old entry": activity(AssistantProseDelta("x"), "p7"),
    "message": activity(UserMessage("x")),
    "call": activity(ToolCallStarted("bash", call_id="new")),
    "call again under another name": activity(ToolCallStarted("zsh", call_id="r20")),
    "end of a call": activity(ToolCallCompleted("bash", call_id="r20")),
    "end of the oldest call": activity(ToolCallCompleted("bash")),
    "end of an unknown call": activity(ToolCallCompleted("nobody's")),
    "end of unknown code": activity(CodeBlockCompleted("python")),
    "reset of nothing": activity(ModelAttemptReset(["nothing"])),
    "reset": activity(ModelAttemptReset(["p20"])),
    "retry": activity(RetryStatus(1.0, 1, 3, "busy")),
    "error": activity(Error("x")),
    "usage": activity(Usage({"input_tokens": 1})),
    "child usage": activity(ChildUsage({"input_tokens": 1})),
    "plan": activity(RuntimeDiagnostic("plan", {"items": ["x"]})),
    "diagnostic": activity(RuntimeDiagnostic("x")),
    "unknown": activity(UnknownTurnEvent("novel", {"a": 1})),
    "question": activity(Waiting("x")),
    "answer": activity(Resumed()),
    "frame": AgentFrameSwitched("f"),
    "queued": QueueChanged(SessionQueueEventKind.ENQUEUED, ["new"]),
    "delivered": QueueChanged(SessionQueueEventKind.DELIVERED, ["q5"]),
    "process": ProcessChanged(SessionProcessEventKind.STARTED, ["new"]),
    "end of a process": ProcessChanged(SessionProcessEventKind.EXITED, ["q5"]),
    "opened": SessionChanged(SessionChangeKind.OPENED, title="x"),
}


def long_view(rows: int, *, most: int) -> ReadView:
    """Texts, calls that run, and retries, none of them settled."""
    view = ReadView("s", state="running", max_entries=most)
    for n in range(1, rows + 1):
        if n % 2:
            entry = Entry("prose", f"p{n // 2}", n, n, n, text="x")
        else:
            entry = Entry("tool", f"r{n // 2}", n, n, name="bash", state="running")
        view.entries.append(entry)
    view.queue = [QueueItem(f"q{n}") for n in range(256)]
    view.processes = [Process(f"q{n}") for n in range(256)]
    return view


def lines_of(work: Callable[[], object]) -> int:
    """How many lines of Python `work` executes: the same on every machine."""
    count = 0

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        nonlocal count
        count += what == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def lines_of_event(payload: Payload, rows: int, *, most: int = 16_384) -> int:
    """What the payload costs as the next event of a view of that many rows."""
    fold = Fold(long_view(rows, most=most), track=True)
    fold.enforce_bounds()
    fold.take_changes()

    def take() -> None:
        fold.apply(event_at(rows + 1, fold.resolve(payload, "fresh")))

    return lines_of(take)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_costs_the_same_however_long_the_session_is(name: str) -> None:
    """Also where the view is full and each event drops a row."""
    short = lines_of_event(EVENTS[name], 100)

    # A row that is looked up between others takes a few steps more.
    assert lines_of_event(EVENTS[name], ROWS) <= 1.2 * short + 2 * ROWS.bit_length()
    full = lines_of_event(EVENTS[name], 100, most=100)
    assert lines_of_event(EVENTS[name], ROWS, most=ROWS) <= 1.2 * full + 2 * ROWS.bit_length()


@pytest.mark.parametrize("payload", [Committed(), SessionChanged(SessionChangeKind.ENDED)])
def test_each_row_is_settled_once(payload: Payload) -> None:
    """The first commit goes over what came since the last one; the next has nothing to do."""
    fold = Fold(long_view(ROWS, most=16_384), track=True)
    fold.apply(event_at(ROWS + 1, payload))

    assert lines_of(lambda: fold.apply(event_at(ROWS + 2, payload))) < 150 + 3 * 256
