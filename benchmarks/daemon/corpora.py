"""Events as a publisher sends them: a busy agent's mix, and each kind by itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]

TEXT = "some words of an answer "
"""24 characters, as in the runs of prose alone."""
MESSAGE = 83
"""Deltas of one message: 2,000 characters."""
RESULT = "a line of what a tool says, as long as most\n" * 47
"""2 KB."""
AT = 1_795_380_687_920


def activity(number: int, entry: str, kind: str, /, **fields: Any) -> Event:
    """A turn activity of the entry `entry`."""
    return {
        "at": AT,
        "type": "turn_activity",
        "activity": {"id": f"e{number:08x}", "correlation_id": entry, "type": kind, **fields},
    }


def mixed(count: int) -> Iterator[Event]:
    """What an agent at work says: of 100 events 70 of prose, 24 of tools, 6 of queue and processes.

    A tool's result is 2 KB.
    """
    number = said = 0
    while True:
        for place in range(100):
            if number == count:
                return
            block = number // 100
            if place % 10 < 7:
                yield activity(
                    number, f"m{said // MESSAGE:06x}", "assistant_prose_delta", text=TEXT
                )
                said += 1
            else:
                yield _other(number, block, place // 10, place % 10 - 7)
            number += 1


def _other(number: int, block: int, ten: int, turn: int) -> Event:
    """The seventh to ninth of ten: a call, its result, and a call or its result by turns."""
    if turn < 2:
        return _call(number, f"t{block:x}-{ten}", done=turn == 1)
    if ten in (2, 6):
        kind = "enqueued" if ten == 2 else "delivered"
        return queue(f"b{block:x}", kind)
    if ten in (3, 7):
        return process(f"p{block:x}", "started" if ten == 3 else "exited")
    if ten in (4, 8):
        return queue(f"c{block:x}", "enqueued" if ten == 4 else "cancelled")
    return _call(number, f"t{block:x}-x{ten // 5}", done=ten in (1, 9))


def _call(number: int, entry: str, *, done: bool) -> Event:
    if not done:
        return activity(
            number, entry, "tool_call_started", name="bash", args={"command": "make check"}
        )
    output = {"outcome": {"status": "success", "payload": RESULT}}
    return activity(
        number, entry, "tool_call_completed", name="bash", output=output, duration_ms=12.5
    )


def queue(batch: str, kind: str) -> Event:
    """A queue change."""
    batches = {batch: {"text": "and then look at the tests", "delivery": "queued"}}
    return {"at": AT, "type": "queue_changed", "kind": kind, "batch_ids": [batch]} | (
        {"batches": batches} if kind == "enqueued" else {}
    )


def process(name: str, kind: str) -> Event:
    """A process change."""
    facts = {"label": "make watch"} if kind == "started" else {"exit_code": 0}
    return {
        "at": AT,
        "type": "process_changed",
        "kind": kind,
        "process_ids": [name],
        "processes": {name: facts},
    }


def filled(events: int, rows: int, *, open_calls: bool = False) -> Iterator[Event]:
    """So many events that make so many rows, in turns of twenty rows; the last turn is settled.

    With `open_calls` each row is a call that no one has answered, and no turn ends.
    """
    each = max(1, events // rows)
    for number in range(events - 1):
        row = min(number // each, rows - 1)
        if open_calls:
            if number % each == 0:
                yield activity(number, f"r{row}", "tool_call_started", name="bash", args={})
            else:
                yield activity(number, "u", "usage", usage={"input_tokens": 1})
        elif number % (20 * each) == 20 * each - 1:
            yield {"at": AT, "type": "committed"}
        else:
            yield activity(number, f"r{row}", "assistant_prose_delta", text=TEXT)
    if open_calls:
        yield activity(events, "u", "usage", usage={"input_tokens": 1})
    else:
        yield {"at": AT, "type": "committed"}


def _pairs(begin: str, first: Event, end: str, second: Event) -> Callable[[int], Event]:
    """Two kinds by turns that belong to one entry."""

    def make(n: int) -> Event:
        kind, fields = (end, second) if n % 2 else (begin, first)
        return activity(n, f"k{n // 2}", kind, **fields)

    return make


def _alone(kind: str, /, **fields: Any) -> Callable[[int], Event]:
    """One kind, each an entry of its own where it is an entry."""
    return lambda n: activity(n, f"k{n}", kind, **fields)


def _withdrawn(n: int) -> Event:
    if n % 2:
        return activity(n, f"w{n}", "model_attempt_reset", correlation_ids=[f"k{n // 2}"])
    return activity(n, f"k{n // 2}", "assistant_prose_delta", text=TEXT)


SUCCESS: Event = {"output": {"outcome": {"status": "success", "payload": "done"}}}
ENDED: Event = {"at": AT, "type": "session_changed", "kind": "ended", "outcome": "success"}
OPENED: Event = {"at": AT, "type": "session_changed", "kind": "opened", "model": "large"}

KINDS: dict[str, Callable[[int], Event]] = {
    "prose, one message": lambda n: activity(n, "k", "assistant_prose_delta", text=TEXT),
    "prose, a message each": _alone("assistant_prose_delta", text=TEXT),
    "reasoning": _alone("reasoning_delta", text=TEXT),
    "user message": _alone("user_message", text=TEXT),
    "tool call, started and completed": _pairs(
        "tool_call_started", {"name": "bash", "args": {}}, "tool_call_completed", SUCCESS
    ),
    "code, started and completed": _pairs(
        "code_block_started", {"code": "1 + 1"}, "code_block_completed", {"output": "2"}
    ),
    "prose and its reset": _withdrawn,
    "value": _alone("submitted_value", value=1),
    "tool value": _alone("tool_value", tool_name="bash", value=1),
    "usage": _alone("usage", usage={"input_tokens": 7}),
    "child usage": _alone("child_usage", usage={"input_tokens": 7}),
    "queued work, model request": _pairs(
        "queued_work_started", {"batch_ids": ["b"]}, "model_request_started", {}
    ),
    "retry": _alone("retry_status", wait_seconds=1.0, attempt=1, reason="busy"),
    "error": _alone("error", message="it failed"),
    "diagnostic": _alone("runtime_diagnostic", kind="note", data={"n": 1}),
    "plan": lambda n: activity(
        n, "k", "runtime_diagnostic", kind="plan", data={"items": [{"text": "one"}]}
    ),
    "waiting and resumed": _pairs("waiting", {"what": "approval"}, "resumed", {}),
    "unknown": _alone("of_tomorrow", value=1),
    "queue": lambda n: queue(f"q{n // 2}", "delivered" if n % 2 else "enqueued"),
    "process": lambda n: process(f"p{n // 2}", "exited" if n % 2 else "started"),
    "frame": lambda n: {"at": AT, "type": "agent_frame_switched", "frame_id": f"f{n}"},
    "commit of a message": lambda n: (
        {"at": AT, "type": "committed"}
        if n % 2
        else activity(n, f"k{n}", "assistant_prose_delta", text=TEXT)
    ),
    "session ended and opened": lambda n: OPENED if n % 2 else ENDED,
}
"""By name, the nth event of a kind; those that come in pairs by turns."""


def answered(n: int) -> Event:
    """The nth result, for calls that `filled` left open; the oldest first."""
    return activity(n, f"r{n}", "tool_call_completed", **SUCCESS)
