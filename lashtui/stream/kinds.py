"""`--only`: the kind of each event and of each entry of a view. Control records have none.

Plain maps: importing the typed vocabulary would take a scripted command longer than all the rest of
its start.
"""

from __future__ import annotations

from lashd.protocol.records import CONTROL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.records import Record

KINDS = (
    "prose",
    "reasoning",
    "tools",
    "code",
    "queue",
    "process",
    "usage",
    "commit",
    "frame",
    "session",
    "error",
)

_ACTIVITIES = {
    "assistant_prose_delta": ("prose",),
    "user_message": ("prose",),
    "reasoning_delta": ("reasoning",),
    # Discards text of either kind.
    "model_attempt_reset": ("prose", "reasoning"),
    "tool_call_started": ("tools",),
    "tool_call_completed": ("tools",),
    "tool_value": ("tools",),
    "submitted_value": ("tools",),
    "code_block_started": ("code",),
    "code_block_completed": ("code",),
    "queued_work_started": ("queue",),
    "usage": ("usage",),
    "child_usage": ("usage",),
    "model_request_started": ("session",),
    "waiting": ("session",),
    "resumed": ("session",),
}
_EVENTS = {
    "queue_changed": ("queue",),
    "process_changed": ("process",),
    "committed": ("commit",),
    "agent_frame_switched": ("frame",),
    "session_changed": ("session",),
}
_ENTRIES = {
    "user": "prose",
    "prose": "prose",
    "reasoning": "reasoning",
    "tool": "tools",
    "value": "tools",
    "code": "code",
    "commit": "commit",
    "frame": "frame",
}
_UNKNOWN = ("error",)
"""Errors, retries and diagnostics; an unknown event is shown as a diagnostic."""


def activity_of(record: Record) -> Record:
    """The activity map of a turn activity; empty for any other record."""
    activity = record.get("activity") if record.get("type") == "turn_activity" else None
    return activity if isinstance(activity, dict) else {}


def kinds_of(record: Record) -> tuple[str, ...]:
    """The kinds of an event record."""
    kind = record.get("type")
    if kind == "turn_activity":
        return _ACTIVITIES.get(str(activity_of(record).get("type")), _UNKNOWN)
    return _EVENTS.get(str(kind), _UNKNOWN)


def _kind_of_entry(entry: Record) -> str:
    from lashd.gist import is_question  # late: the parser needs none of it

    kind = str(entry.get("kind"))
    if is_question(kind, entry.get("name"), entry.get("text")):
        return "session"
    return _ENTRIES.get(kind, "error")


def select(record: Record, only: frozenset[str]) -> Record | None:
    """`record` as `--only` lets it through, its view's entries filtered; None if not at all."""
    if record.get("type") not in CONTROL and only.isdisjoint(kinds_of(record)):
        return None
    view = record.get("read_view")
    if not isinstance(view, dict) or not isinstance(view.get("entries"), list):
        return record
    entries = [
        entry
        for entry in view["entries"]
        if isinstance(entry, dict) and _kind_of_entry(entry) in only
    ]
    return {**record, "read_view": {**view, "entries": entries}}
