"""The sessions of another daemon, as a mirror holds them: told to the hub, never asked of it.

Positions, cursors and frames are that daemon's own. What its readers get is decided where it always
is; here is only what takes the place of publishers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lashd.hub.session import LiveSession
    from lashd.hub.sessions import Sessions
    from lashd.session.events import SessionObservationEvent
    from lashd.session.row import Mirrored, SessionRow
    from lashd.session.view import ReadView

    Numbered = Sequence[tuple[SessionObservationEvent, bytes]]


class MirrorState(Protocol):
    """What a hub says of the mirror that it serves."""

    home: str

    @property
    def absence(self) -> str | None:
        """Why nothing is known of the home's sessions; None once there is."""
        ...

    def status(self) -> dict[str, Any]:
        """The `mirror` of a `status`."""
        ...


class MirroredSessions:
    """What happens to the sessions of a hub that mirrors another daemon."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, session_id: str) -> LiveSession | None:
        """The session of that name, if it is there."""
        return self._sessions.by_id.get(session_id)

    def create(
        self, session_id: str, begins: int, view: ReadView, at: int, events: Numbered
    ) -> LiveSession:
        """A session whose first event came after n `begins`; see `SessionHost.take_view`.

        Raises:
            RequestRefused: a bound is reached.
        """
        return self._sessions.mirror(session_id, begins, view, at, events)

    def append(self, session: LiveSession, events: Numbered) -> None:
        """Events that follow its tail.

        Raises:
            StoreError: one of them does not.
        """
        try:
            session.host.take_numbered(events)
        finally:
            self._sessions.changed(session)

    def replace(self, session: LiveSession, view: ReadView, at: int, events: Numbered) -> None:
        """What came before is not whole any more: every reader behind it gets one gap."""
        try:
            session.host.take_view(view, at, events)
        finally:
            self._sessions.changed(session)

    def remove(self, session: LiveSession) -> None:
        """Its home has removed it."""
        self._sessions.remove(session)

    def describe(self, session: LiveSession, row: SessionRow, mirror: Mirrored) -> None:
        """What of its row can't be told from its events."""
        session.where, session.publishers_elsewhere = row.where, row.publishers
        session.created_at = row.started_at or session.created_at
        self.mark(session, mirror)

    def mark(self, session: LiveSession, mirror: Mirrored) -> None:
        """What the mirror itself says of it."""
        session.mirror = mirror
        session.touch()
