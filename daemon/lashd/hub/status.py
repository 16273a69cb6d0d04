"""The replies to `status` and `cursor`: totals, bounds, what a cursor can still do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lashd.cursor import ParsedSessionCursor, SessionCursor
from lashd.hub.attach import parse_cursor
from lashd.session.gaps import LiveReplayGapReason

if TYPE_CHECKING:
    from lashd.hub.sessions import Sessions
    from lashd.session.results import SessionBounds


def totals(sessions: Sessions, *, connections: int, waiting: int, followers: int) -> dict[str, Any]:
    """The numbers in `status`; `waiting` are the readers of sessions that don't exist yet,
    `followers` those of the list."""
    held = sessions.by_id.values()
    all_bounds = (session.store.bounds(session.session_id) for session in held)
    return {
        "sessions": len(held),
        "connections": connections,
        "viewers": sum(len(session.viewers) for session in held) + waiting,
        "followers": followers,
        "publishers": sum(len(session.publishers.connections) for session in held),
        "events": sum(bounds.events for bounds in all_bounds if bounds is not None),
        "bytes": sessions.memory(),
        "limits": asdict(sessions.limits),
    }


def inspect(sessions: Sessions, cursor: str) -> dict[str, Any]:
    """`cursor_report`: what a cursor can still do.

    Raises:
        RequestRefused: it is malformed.
    """
    session_id = parse_cursor(cursor, None)
    parsed = SessionCursor(cursor).parse()
    session = sessions.by_id.get(session_id)
    report: dict[str, Any] = {
        "type": "cursor_report",
        "cursor": cursor,
        "session_id": session_id,
        "known": session is not None,
        "resumable": False,
        "events_after": None,
        "room_events": None,
        "room_seconds": None,
    }
    if session is None:
        report |= {"reason": "unavailable", "message": "the daemon has no such session"}
        return report
    store = sessions.store
    reason = store.gap_reason(session_id, parsed.live_position)
    bounds = store.bounds(session_id)
    assert bounds is not None
    if reason is not None:
        report |= {"reason": reason.value, "message": _why(parsed, store.incarnation, bounds)}
        if reason is LiveReplayGapReason.TRIMMED:
            gap = session.host.gap(SessionCursor(cursor), reason)
            report |= {"events_after": gap.skipped, "lost": gap.lost}
            report |= {"from_at": gap.from_at, "to_at": gap.to_at}
        return report
    after = bounds.tail - parsed.n
    report |= {"resumable": True, "events_after": after}
    report["room_events"] = store.config.max_events_per_session - after
    if not after:
        report["message"] = "at the end: nothing was missed, and it stays so until events come"
        return report
    age = store.age_after(session_id, parsed.n)
    if age is not None:  # the cursor lasts as long as the first event after it
        report["room_seconds"] = max(0.0, store.config.max_age - age)
    report["message"] = f"resumable: {after} events after it"
    return report


def _why(cursor: ParsedSessionCursor, incarnation: int, bounds: SessionBounds) -> str:
    """Why a cursor can't be resumed, for a person."""
    if cursor.incarnation != incarnation:
        return (
            "the cursor is from another daemon: of another machine, or from before this one started"
        )
    if cursor.n > bounds.tail:
        return f"the cursor is {cursor.n - bounds.tail} events ahead of the session"
    if cursor.n < bounds.start:
        return "the cursor is from a removed session of the same name"
    return f"{bounds.first - 1 - cursor.n} events after the cursor are gone"
