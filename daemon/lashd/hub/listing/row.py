"""A session's row in a list: what its view says, and what the hub knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashd.errors import RequestRefused
from lashd.protocol.messages import ErrorCode
from lashd.session.row import SessionRow
from lashd.short import short

if TYPE_CHECKING:
    from lashd.hub.session import LiveSession
    from lashd.limits import QuietLimits


def row_of(session: LiveSession, now_ms: int, quiet: QuietLimits) -> SessionRow:
    """The row of a session as it is now."""
    host = session.host
    view, bounds = host.view, session.store.bounds(session.session_id)
    return SessionRow(
        session_id=session.session_id,
        cursor=host.cursor_text,
        events=bounds.events if bounds else 0,
        bytes=bounds.bytes if bounds else 0,
        oldest_at_age_s=bounds.oldest_age if bounds else None,
        started_at=session.created_at,
        where=session.where,
        viewers=len(session.viewers),
        publishers=len(session.publishers.connections) + session.publishers_elsewhere,
        mirror=session.mirror,
        **session.summary.of(view, host.landmarks, now_ms, quiet),
    )


def encode_rows(rows: list[SessionRow], most: int) -> list[msgspec.Raw]:
    """All rows, in at most `most` bytes. Texts of those that are too long for it are cut.

    Raises:
        RequestRefused: they are too many for one message.
    """
    blobs = [_encode(row) for row in rows]
    if sum(map(len, blobs)) > most:
        share = most // len(rows)
        for place, blob in enumerate(blobs):
            if len(blob) > share:
                blobs[place] = _encode(_without_long_texts(rows[place]))
        if sum(map(len, blobs)) > most:
            why = f"{len(rows)} sessions are too many for one message; follow the list instead"
            raise RequestRefused(ErrorCode.LIMIT, why)
    return list(map(msgspec.Raw, blobs))


def _without_long_texts(row: SessionRow) -> SessionRow:
    """A row of some two kilobytes at most, whatever its agent writes."""
    return msgspec.structs.replace(
        row,
        waiting_for=short(row.waiting_for, 64),
        title=short(row.title, 64),
        agent=short(row.agent, 64),
        model=short(row.model, 64),
        directory=None,
        error=short(row.error, 64),
        last_line=short(row.last_line, 64),
        usage={},
        doing=None,
        where=None,
    )


_encode = msgspec.msgpack.Encoder().encode
