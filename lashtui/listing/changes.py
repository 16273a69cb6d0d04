"""Which records of the list's stream `ls --follow` writes, and when it ends. Pure."""

from __future__ import annotations

from lashtui.exit_codes import ExitCode
from lashtui.listing.row import Row
from lashtui.stream.course import Course, Ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from lashd.protocol.records import Record

    Until: TypeAlias = Literal["synced", "waiting"]


class ListStream(Course):
    """The list's records, chosen by state.

    A session's record is written if it is in one of the states, and also if it was when its last
    one was written: so a reader learns that it has left them. Of a session whose last record the
    reader has but we have not, after a `position`, the first is always written.
    """

    place_key = "position"

    def __init__(
        self,
        states: frozenset[str] | None = None,
        position: str | None = None,
        *,
        until: Until | None = None,
    ) -> None:
        """`position`: where the reader starts; `until`: where the stream ends by itself."""
        super().__init__(position)
        self._states = states
        self._until = until
        self._synced = False
        self._waiting: set[str] = set()
        """The sessions that wait for a person, of those that were named."""
        self._shown: dict[str, bool] = {}
        """Whether the reader was told that a session is in one of the states."""
        self._reader_knows_more = position is not None
        """Sessions that we don't know may be known to the reader."""
        self._unseen: set[str] | None = None
        """During a snapshot: the known sessions that it has not named yet."""

    def receive(self, record: Record, now: float) -> list[Record]:
        """Accept one record; returns what to write now, in order."""
        if self.ending is not None:
            return []
        kind = record.get("type")
        if kind == "end":
            self._ended_by_daemon(record)
            return []
        self._advance(record)
        told = self._told(record if self._is_told(record, kind) else None, now)
        self._synced = self._synced or kind == "synced"
        is_met = self._waiting if self._until == "waiting" else self._until == "synced"
        if self._synced and self._until is not None and is_met:
            self.ending = Ending(self._until, ExitCode.DONE)
        return told

    def _is_told(self, record: Record, kind: object) -> bool:
        if kind in ("following", "reconnected"):
            is_snapshot = record.get("served") == "snapshot"
            self._unseen = set(self._shown) if is_snapshot else None
            # A snapshot's reader forgets what it doesn't name.
            self._reader_knows_more = self._reader_knows_more and not is_snapshot
        elif kind == "synced":
            for gone in self._unseen or ():
                del self._shown[gone]
                self._waiting.discard(gone)
            self._unseen = None
        elif kind == "session":
            return self._is_session_told(record.get("session"))
        elif kind == "session_removed":
            session_id = str(record.get("session_id"))
            self._waiting.discard(session_id)
            was = self._shown.pop(session_id, self._reader_knows_more)
            return was or self._states is None
        return True

    def _is_session_told(self, session: object) -> bool:
        row = Row(session if isinstance(session, dict) else {})
        if self._unseen is not None:
            self._unseen.discard(row.session_id)
        was = self._shown.get(row.session_id, self._reader_knows_more)
        is_one = self._states is None or row.is_any_of(self._states)
        self._shown[row.session_id] = is_one
        if row.standing == "needs you":
            self._waiting.add(row.session_id)
        else:
            self._waiting.discard(row.session_id)
        return was or is_one
