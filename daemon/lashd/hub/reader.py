"""The stream of one attached connection: a position in a session, and what is due before it.

Order: `attached`, a snapshot or a gap with one if need be, the events up to the tail at attach,
`synced` once, then whatever comes. A reader whom the ring has passed gets one gap and one
snapshot, and goes on after it; its position never goes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lashd.cursor import SessionCursor
from lashd.errors import SubscriberLagged
from lashd.hub import records
from lashd.session.results import LiveReplayGap, LiveReplayGapReason

if TYPE_CHECKING:
    from lashd.hub.connection import Link
    from lashd.hub.session import Room


class Reader:
    """What `Link.source` is while attached. Made by `attach`; the first records are queued."""

    def __init__(self, link: Link, room: Room, served: str, daemon: dict[str, Any]) -> None:
        self.link = link
        self.room = room
        self.position = 0
        """n of the last event handed out, or of the snapshot."""
        self.cursor = ""
        """The cursor for that position."""
        self.ending: str | None = None
        """Reason of the `end` that comes once the tail is reached."""
        tail = room.host.cursor
        self._sync_at = room.tail
        self._sync_cursor = str(tail)
        self._synced = False
        self._served = served
        self._daemon = daemon

    def begin(self, position: int, cursor: str) -> None:
        """Start after `position`, with nothing but `attached`."""
        self.position = position
        self.cursor = cursor
        view = self.room.host.view
        self.link.send_frame(
            records.record(
                "attached",
                session_id=self.room.session_id,
                cursor=cursor,
                served=self._served,
                state=view.state,
                outcome=view.outcome,
                daemon=self._daemon,
            )
        )

    def observe(self) -> None:
        """Hand out the snapshot and go on after it."""
        view, cursor = self.room.snapshot()
        self.position = cursor.parse().n
        self.cursor = str(cursor)
        self.link.send_frame(*records.observation(self.room.session_id, self.cursor, view))

    def gap(self, requested: SessionCursor, reason: LiveReplayGapReason) -> None:
        """Hand out a gap and the snapshot that fills it."""
        gap = self.room.host.gap(requested, reason)
        self.link.send_frame(records.record("gap", **gap_fields(gap)))
        self.observe()

    def next_chunk(self, max_bytes: int) -> bytes | None:
        """The next records, or None at the tail or when some were queued on the link."""
        if not self._synced and self.position >= self._sync_at:
            self._synced = True
            cursor = self._sync_cursor if self.position == self._sync_at else self.cursor
            return records.record("synced", cursor=cursor)
        try:
            cut = self.room.read(self.position, max_bytes, None if self._synced else self._sync_at)
        except SubscriberLagged:
            self.gap(SessionCursor(self.cursor), LiveReplayGapReason.TRIMMED)
            return None
        if cut is not None:
            self.position = cut.last
            self.cursor = cut.cursor
            return cut.blob
        if self.ending is not None:
            self.finish(self.ending)
        return None

    def finish(self, reason: str) -> None:
        """Say that no more comes, and close."""
        self.link.source = None
        self.link.send_frame(records.record("end", cursor=self.cursor, reason=reason))
        self.link.close()


def gap_fields(gap: LiveReplayGap) -> dict[str, Any]:
    """The fields of a `gap` record."""
    return {
        "session_id": gap.session_id,
        "requested_cursor": str(gap.requested_cursor),
        "latest_cursor": str(gap.latest_cursor),
        "latest_revision": gap.latest_revision.n,
        "reason": gap.reason.value,
        "lost": gap.lost,
        "skipped": gap.skipped,
        "from_at": gap.from_at,
        "to_at": gap.to_at,
        "cursor": str(gap.latest_cursor),
    }
