"""The connections that may have output pending, each once however often it is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.session import LiveSession


class DirtySet:
    """Connections that were marked, and the viewers of sessions that were.

    A changed session is one mark, whatever the number of its viewers: they are looked up once,
    when the set is taken.
    """

    def __init__(self) -> None:
        self._connections: dict[HubConnection, None] = {}
        self._sessions: dict[LiveSession, None] = {}

    def __bool__(self) -> bool:
        return bool(self._connections or self._sessions)

    def mark(self, connection: HubConnection) -> None:
        """There may be something to send to `connection`."""
        self._connections[connection] = None

    def mark_viewers(self, session: LiveSession) -> None:
        """There may be something to send to all viewers of `session`."""
        self._sessions[session] = None

    def take(self) -> list[HubConnection]:
        """All of them, oldest mark first; the set is empty afterwards."""
        connections, self._connections = self._connections, {}
        sessions, self._sessions = self._sessions, {}
        for session in sessions:
            connections.update(dict.fromkeys(session.viewers))
        return list(connections)
