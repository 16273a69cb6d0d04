"""The stream of one attached connection: a position in a session, and what is due before it.

Order: `attached`, a snapshot, or a gap with one, if the start calls for it; the events up to the
tail at the attach; `synced` once; then events as they come. A reader that fell out of the ring
gets one gap and one snapshot, and continues after it; its position never goes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lashd.cursor import SessionCursor
from lashd.errors import SubscriberLagged
from lashd.hub import records
from lashd.session.gaps import LiveReplayGap, LiveReplayGapReason

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.session import LiveSession


class StreamStart(NamedTuple):
    """Where a stream begins."""

    position: int
    """n of the event after which it begins."""
    cursor: str
    """The cursor for that position, as `attached` gives it."""
    gap_reason: LiveReplayGapReason | None = None
    """Why it can't be continued from there; then a gap and a snapshot come first."""
    snapshot: bool = False
    """A snapshot was asked for, and comes first."""

    @property
    def served(self) -> str:
        """What follows, as `attached` says it."""
        if self.gap_reason is not None:
            return "gap"
        return "snapshot" if self.snapshot else "replay"


class ReaderRole:
    """A connection that is attached; its `HubConnection.source`."""

    def __init__(
        self,
        connection: HubConnection,
        session: LiveSession,
        start: StreamStart,
        daemon: dict[str, Any],
    ) -> None:
        """Queues `attached` (with `daemon` in it), and the snapshot that `start` calls for."""
        self.connection = connection
        self.session = session
        self.position = start.position
        """n of the last event handed out, or of the snapshot; not kept while it is live."""
        self.cursor = start.cursor
        """The cursor for that position; not kept while it is live."""
        self.ending: str | None = None
        """Reason of the `end` that comes once the tail is reached."""
        self._sync_at = session.tail
        self._sync_cursor = str(session.host.cursor)
        self._synced = False
        view = session.host.view
        connection.send_frame(
            records.record(
                "attached",
                session_id=session.session_id,
                cursor=start.cursor,
                served=start.served,
                begins=str(session.begins),
                state=view.state,
                outcome=view.outcome,
                daemon=daemon,
            )
        )
        if start.gap_reason is not None:
            self._send_gap(start.gap_reason)
        elif start.snapshot:
            self._send_snapshot()

    def next_chunk(self, max_bytes: int) -> bytes | None:
        """The next records, or None at the tail or when some were queued on the connection."""
        self.hold()
        if not self._synced and self.position >= self._sync_at:
            self._synced = True
            cursor = self._sync_cursor if self.position == self._sync_at else self.cursor
            return records.record("synced", cursor=cursor)
        try:
            cut = self.session.read(
                self.position, max_bytes, None if self._synced else self._sync_at
            )
        except SubscriberLagged:
            self._send_gap(LiveReplayGapReason.TRIMMED)
            return None
        if cut is not None:
            self.position = cut.last
            self.cursor = cut.cursor
            return cut.blob
        if self.ending is not None:
            self.finish(self.ending)
        elif not self.session.live.join(self):
            self.connection.look_again()
        return None

    def hold(self) -> None:
        """It gets nothing more until it is asked for its next chunk."""
        self.session.live.leave(self)

    def finish(self, reason: str) -> None:
        """Say that no more comes, and close."""
        self.hold()
        self.connection.source = None
        self.connection.send_frame(records.record("end", cursor=self.cursor, reason=reason))
        self.connection.close()

    def _send_snapshot(self) -> None:
        view, cursor = self.session.snapshot()
        self.position = cursor.parse().n
        self.cursor = str(cursor)
        self.connection.send_frame(*records.observation(self.session.session_id, self.cursor, view))

    def _send_gap(self, reason: LiveReplayGapReason) -> None:
        gap = self.session.host.gap(SessionCursor(self.cursor), reason)
        self.connection.send_frame(records.record("gap", **gap_fields(gap)))
        self._send_snapshot()


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
