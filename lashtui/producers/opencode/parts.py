"""Parts of an opencode message, shared by its formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.dedupe import cancelled, edited, failed
from lashtui.producers.fields import int_of, map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record
    from lashtui.producers.dedupe import Calls

_TIME_DIGITS = 12
_COUNTER_BITS = 12
"""Below the time in an id: what tells those of one millisecond apart."""
_PERIOD = 1 << 4 * _TIME_DIGITS - _COUNTER_BITS
"""Milliseconds after which the same bits come again: two years."""
_HEX = re.compile(r"[0-9a-f]{12}\Z")

_STOPPED = "<shell_metadata>\nUser aborted the command\n</shell_metadata>"
"""The end of what a command gave back that a person stopped; it counts as completed."""
_ABORTED = ("aborted", "rejected permission", "was dismissed")


def emit_tool(calls: Calls, part: Record, at: int | None, parent: str | None = None) -> str:
    """A tool's part, as far as it goes; its call id."""
    call_id = text_of(part, "callID") or part["id"]
    name = short(text_of(part, "tool")) or "tool"
    state = part["state"]
    status = state["status"]
    given = state.get("input")
    if name == "invalid" and isinstance(given, dict):
        # opencode's stand-in for a tool that it doesn't have, or for broken arguments.
        name = short(text_of(given, "tool")) or name
    time = map_of(state, "time")
    began = int_of(time, "start")
    args = given if given else None
    if status in ("completed", "error"):
        if call_id not in calls.open and not calls.has_ended(call_id):
            calls.start(call_id, name, args, at=began or at, parent=parent)
        ended = int_of(time, "end")
        took = float(max(0, ended - began)) if ended is not None and began is not None else None
        output = _output(state, given, is_invalid=text_of(part, "tool") == "invalid")
        calls.complete(call_id, output, name=name, args=args, at=at, duration_ms=took)
    else:
        calls.start(call_id, name, args, at=began or at, parent=parent)
    return call_id


def _output(state: Record, given: JsonValue, *, is_invalid: bool) -> JsonValue:
    if state["status"] == "error":
        message = text_of(state, "error")
        if any(word in message for word in _ABORTED):
            return cancelled(short(message, 2000))
        return failed(message or "failed")
    output = text_of(state, "output")
    metadata = map_of(state, "metadata")
    if is_invalid:
        return failed(text_of(given, "error") or output or "invalid")
    code = int_of(metadata, "exit")
    if code is None and output.rstrip().endswith(_STOPPED):
        return cancelled("User aborted the command")
    if code:
        return failed(f"exit code {code}", output, code)
    return edited(output, text_of(metadata, "diff"))


def step_usage(part: Record) -> dict[str, int | float]:
    """Tokens and cost of one step; opencode counts cached input and reasoning separately."""
    tokens = map_of(part, "tokens")
    cache = map_of(tokens, "cache")
    read = exact_number(cache.get("read")) or 0
    thought = exact_number(tokens.get("reasoning")) or 0
    asked = (
        (exact_number(tokens.get("input")) or 0) + read + (exact_number(cache.get("write")) or 0)
    )
    usage = {
        "input_tokens": asked,
        "output_tokens": (exact_number(tokens.get("output")) or 0) + thought,
        "cached_input_tokens": read,
        "reasoning_tokens": thought,
    }
    cost = exact_number(part.get("cost"))
    return {**usage, "cost_usd": cost} if cost else usage


def model_of(given: Record) -> str:
    """A model with its provider, as opencode itself writes it."""
    model = text_of(given, "modelID") or text_of(given, "id")
    provider = text_of(given, "providerID")
    return f"{provider}/{model}" if provider and model else model


def error_message(error: Record) -> str:
    """What went wrong, for people."""
    data = map_of(error, "data")
    return text_of(data, "message") or text_of(error, "message") or text_of(error, "name")


def plan_items(record: Record) -> list[tuple[str, str]]:
    """opencode's own list of things to do."""
    todos = maps_of(record, "todos")
    return [(text_of(todo, "content"), text_of(todo, "status")) for todo in todos]


def time_of_id(name: str, near: int | None) -> int | None:
    """When the event of this id happened: an id begins with the lower bits of its time.

    Args:
        name: the id.
        near: Unix milliseconds within a year of it; None: it can't be told.
    """
    digits = name.partition("_")[2][:_TIME_DIGITS]
    if near is None or not name.startswith("evt_") or not _HEX.match(digits):
        return None
    low = int(digits, 16) >> _COUNTER_BITS
    at = near - near % _PERIOD + low
    return min((at - _PERIOD, at, at + _PERIOD), key=lambda each: abs(each - near))
