"""Runs of text among the records of one read: what several deltas say, folded as one. Pure.

An agent's words come in deltas of a few characters. Those of one frame say what one delta with all
of their text would say; the last of them has the cursor, the revision and the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lashd.cursor import SessionCursor
from lashd.errors import MalformedCursor
from lashd.events import AssistantProseDelta, ReasoningDelta, TurnActivity

if TYPE_CHECKING:
    from lashd.events import SessionObservationEvent
    from lashd.protocol.records import Record
    from lashd.view import Fold

TEXTS: dict[type, str] = {
    AssistantProseDelta: "assistant_prose_delta",
    ReasoningDelta: "reasoning_delta",
}
"""The kinds of deltas, and what a record calls them."""
_KNOWN = {"type", "id", "correlation_id", "parent", "format", "text"}


def write_run(
    fold: Fold, records: Sequence[Record], index: int, event: SessionObservationEvent
) -> tuple[int, str] | None:
    """Fold what follows `records[index]`, which is `event` and has been folded, as one text.

    Returns where the run ends, and the cursor there; None where each has to be folded by itself.
    """
    stop = _end_of_run(records, index, event)
    if stop == index + 1:
        return None
    last = records[stop - 1]
    try:
        cursor = SessionCursor.from_str(last["cursor"]).as_str()
    except (KeyError, MalformedCursor, AttributeError):
        return None
    text = "".join([record["activity"]["text"] for record in records[index + 1 : stop]])
    return (stop, cursor) if fold.write_more(text, last["at"]) else None


def _end_of_run(records: Sequence[Record], index: int, event: SessionObservationEvent) -> int:
    """Behind the last delta for the entry of `event` that says nothing but text."""
    stop, first, at = index + 1, event.payload, event.at
    if not isinstance(first, TurnActivity) or at is None or at < 0:
        return stop
    kind = TEXTS.get(type(first.event))
    if kind is None or not first.correlation_id:
        return stop
    key, parent = first.correlation_id, first.parent
    session_id, revision = event.session_id, event.revision.n
    while stop < len(records):
        record = records[stop]
        activity, then = record.get("activity"), record.get("at")
        if (
            record.get("type") != "turn_activity"
            or type(activity) is not dict
            or activity.get("type") != kind
            or activity.get("correlation_id") != key
            or activity.get("parent") != parent
            or activity.get("format") is not None
            or type(activity.get("text")) is not str
            or type(activity.get("id")) is not str
            or not activity.keys() <= _KNOWN
            or record.get("session_id") != session_id
            or record.get("revision") != revision
            or type(then) is not int
            or then < at
        ):
            break
        at = then
        stop += 1
    return stop
