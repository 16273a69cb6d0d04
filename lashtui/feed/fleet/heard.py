"""How old what the list says of a session is: nothing may be heard of its host, or of the home of
its mirror. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lashd.clock import now_ms as wall_clock_ms
from lashd.view import SessionRow
from lashtui.feed.connection import ConnectionStatus
from lashtui.saved.session_key import SessionKey


class Connections(Protocol):
    """To the daemons that the lists come from."""

    @property
    def connection(self) -> ConnectionStatus: ...
    @property
    def unseen(self) -> frozenset[str]: ...
    def connection_of(self, host: str) -> ConnectionStatus: ...


class Heard:
    """When what is known of sessions was so.

    Args:
        connections: how they are heard of; None: there is no daemon.
        now_ms: Unix milliseconds.
    """

    def __init__(
        self, connections: Connections | None = None, now_ms: Callable[[], int] = wall_clock_ms
    ) -> None:
        self.now_ms = now_ms
        self._connections = connections

    @property
    def unseen_hosts(self) -> frozenset[str]:
        """Other hosts of which nothing is heard at present."""
        return self._connections.unseen if self._connections is not None else frozenset()

    def list_ms(self) -> int:
        """What this machine's daemon said was so then: now, or when it was heard of last."""
        now = self.now_ms()
        return self._connections.connection.as_of(now) if self._connections is not None else now

    def unseen_since(self, key: SessionKey, row: SessionRow) -> int | None:
        """Since when nothing is heard of its host, or of its mirror's home; None while it is.

        A host is another one: what this machine's daemon said last is `list_ms` old, all of it.
        """
        if key.host and self._connections is not None:
            connection = self._connections.connection_of(key.host)
            if not connection.is_seen:
                return connection.as_of(self.now_ms())
        return row.mirror.last_seen_at if row.mirror is not None else None

    def as_of(self, key: SessionKey, row: SessionRow) -> int:
        """What is known of the session was so then."""
        since = self.unseen_since(key, row)
        if since is not None:
            return since
        return self.now_ms() if key.host else self.list_ms()
