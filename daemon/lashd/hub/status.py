"""What the hub tells about itself: sessions, a cursor's worth, its own state."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lashd.cursor import POSITION_BITS, SessionCursor
from lashd.hub.attach import parse_cursor
from lashd.session.results import LiveReplayGapReason

if TYPE_CHECKING:
    from lashd.hub.session import Room
    from lashd.hub.sessions import Registry

MAX_LINE = 200
"""Characters of the last line: more than a list shows."""


def describe(room: Room) -> dict[str, Any]:
    """One item of `sessions`."""
    view, bounds = room.host.view, room.store.bounds(room.session_id)
    return {
        "session_id": room.session_id,
        "state": view.state,
        "outcome": view.outcome,
        "waiting_for": view.waiting_for,
        "title": view.title,
        "agent": view.agent,
        "directory": view.directory,
        "revision": view.revision,
        "turn_index": view.turn_index,
        "cursor": str(room.host.cursor),
        "events": bounds.events if bounds else 0,
        "bytes": bounds.bytes if bounds else 0,
        "oldest_at_age_s": bounds.oldest_age if bounds else None,
        "started_at": room.born_at,
        "updated_at": room.updated_at,
        "viewers": len(room.viewers),
        "publishers": len(room.publishers),
        "last_line": last_line(room),
    }


def last_line(room: Room) -> str | None:
    """The last line of text in the session, short."""
    for entry in reversed(room.host.view.entries[-32:]):
        if entry.text:
            lines = entry.text[-4 * MAX_LINE :].strip().splitlines()
            if lines:
                return lines[-1][-MAX_LINE:]
        elif entry.kind == "tool" and entry.name:
            return entry.name[:MAX_LINE]
    return None


def limits(registry: Registry) -> dict[str, Any]:
    """Every bound in force."""
    return asdict(registry.limits)


def inspect(registry: Registry, cursor: str) -> dict[str, Any]:
    """`cursor_report`: what a cursor can still do.

    Raises:
        RequestRefused: it is malformed.
    """
    session_id = parse_cursor(cursor, None)
    parsed = SessionCursor(cursor).parse()
    room = registry.rooms.get(session_id)
    report: dict[str, Any] = {
        "type": "cursor_report",
        "cursor": cursor,
        "session_id": session_id,
        "known": room is not None,
        "resumable": False,
        "events_after": None,
        "room_events": None,
        "room_seconds": None,
    }
    if room is None:
        report |= {"reason": "unavailable", "message": "the daemon knows no such session"}
        return report
    store = registry.store
    reason = store.check(session_id, parsed.live_position)
    bounds = store.bounds(session_id)
    assert bounds is not None
    if reason is not None:
        report |= {"reason": reason.value, "message": _why(registry, room, parsed.live_position)}
        if reason is LiveReplayGapReason.TRIMMED:
            gap = room.host.gap(SessionCursor(cursor), reason)
            report |= {"events_after": gap.skipped, "lost": gap.lost}
            report |= {"from_at": gap.from_at, "to_at": gap.to_at}
        return report
    after = bounds.tail - parsed.n
    report |= {"resumable": True, "events_after": after}
    report["room_events"] = store.config.max_events_per_session - after
    if not after:
        report["message"] = "at the end: nothing was missed, and it stays so until events come"
        return report
    if bounds.oldest_age is not None:
        # At least so long: the first event after the cursor is no older than the oldest one.
        report["room_seconds"] = max(0.0, store.config.max_age - bounds.oldest_age)
    report["message"] = f"resumable: {after} events after it"
    return report


def _why(registry: Registry, room: Room, live_position: int) -> str:
    if live_position >> POSITION_BITS != registry.store.incarnation:
        return "the cursor is another daemon's: this one was started since"
    bounds = registry.store.bounds(room.session_id)
    assert bounds is not None
    n = live_position & ((1 << POSITION_BITS) - 1)
    if n > bounds.tail:
        return f"the cursor is {n - bounds.tail} events ahead of the session"
    if n < bounds.start:
        return "the cursor is of a forgotten session of the same name"
    return f"{bounds.first - 1 - n} events after the cursor are gone"
