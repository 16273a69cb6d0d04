"""What may have output pending, each once however often it is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.session import LiveSession


class DirtySet:
    """Connections that were marked, and sessions whose live readers have not got all of it."""

    def __init__(self) -> None:
        self._connections: dict[HubConnection, None] = {}
        self._sessions: dict[LiveSession, None] = {}

    def __bool__(self) -> bool:
        return bool(self._connections or self._sessions)

    def mark(self, connection: HubConnection) -> None:
        """There may be something to send to `connection`."""
        self._connections[connection] = None

    def mark_session(self, session: LiveSession) -> None:
        """There may be something to send to the live readers of `session`."""
        self._sessions[session] = None

    def take(self) -> list[HubConnection]:
        """The connections, oldest mark first; none is marked afterwards."""
        connections, self._connections = self._connections, {}
        return list(connections)

    def take_sessions(self) -> list[LiveSession]:
        """The sessions, oldest mark first; none is marked afterwards."""
        sessions, self._sessions = self._sessions, {}
        return list(sessions)
