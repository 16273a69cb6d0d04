"""The records that a daemon would send of a session, without a daemon."""

from __future__ import annotations

from typing import Any

from lashd.events import AssistantProseDelta, SessionObservationEvent, TurnActivity, event_to_wire
from lashd.store import InMemoryLiveReplayStore, SessionHost
from lashd.view import ReadView

Record = dict[str, Any]
SESSION = "build"


def now_ms() -> int:
    """The time of every event."""
    return 1_700_000_000_000


class RecordFactory:
    """A host whose events and snapshots are handed out as wire records."""

    def __init__(self, incarnation: int = 7, restored: ReadView | None = None) -> None:
        """`restored`: the view to restore the session from."""
        self.store = InMemoryLiveReplayStore(incarnation=incarnation)
        if restored is None:
            self.host = SessionHost(self.store, SESSION, now_ms=now_ms)
        else:
            self.host = SessionHost.restored(self.store, SESSION, restored, now_ms=now_ms)

    def says(self, text: str, row: str) -> Record:
        """Prose in `row`, as the event's record."""
        return self.event(self.host.record(TurnActivity("", row, AssistantProseDelta(text))))

    @staticmethod
    def event(event: SessionObservationEvent) -> Record:
        """An event's record."""
        return event_to_wire(event)

    @property
    def cursor(self) -> str:
        """The cursor at the tail."""
        return str(self.host.cursor)

    def attached(self, served: str = "snapshot") -> Record:
        """The first record."""
        return {"type": "attached", "session_id": SESSION, "cursor": self.cursor, "served": served}

    def observation(self) -> Record:
        """The snapshot."""
        return {
            "type": "observation",
            "session_id": SESSION,
            "cursor": self.cursor,
            "read_view": self.host.view.copy().to_wire(),
        }

    def synced(self) -> Record:
        """Caught up."""
        return {"type": "synced", "cursor": self.cursor}

    def gap(self, requested: str, reason: str = "trimmed", lost: int | None = 3) -> Record:
        """A gap before the next snapshot."""
        return {
            "type": "gap",
            "session_id": SESSION,
            "requested_cursor": requested,
            "latest_cursor": self.cursor,
            "reason": reason,
            "lost": lost,
            "cursor": self.cursor,
        }
