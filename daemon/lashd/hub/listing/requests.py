"""The requests of the list: all rows at once, or as a stream; who follows it.

`rows` says what a follower has missed, `pace` when a change is announced, `follower` what is
sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lashd.hub.deadline import Deadline
from lashd.hub.listing.follower import FollowerRole
from lashd.hub.listing.pace import ListPace
from lashd.hub.listing.position import parse_list_position
from lashd.hub.listing.row import encode_rows, row_of
from lashd.hub.listing.rows import ListRows
from lashd.wire_limits import KIB, MAX_FRAME_BYTES

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.session import LiveSession
    from lashd.hub.sessions import Sessions
    from lashd.protocol.messages import Follow, List
    from lashd.session.row import SessionRow


class ListRequests:
    """Serves `list` and `follow`, and keeps the role of each connection that follows."""

    def __init__(
        self, sessions: Sessions, *, clock: Callable[[], float], now_ms: Callable[[], int]
    ) -> None:
        self.deadline = Deadline()
        """When `tick` is to be called at the latest; apart from the hub's, as it is so often."""
        self._sessions = sessions
        self._clock = clock
        self._now_ms = now_ms
        self._rows = ListRows()
        self._pace = ListPace(
            self._rows,
            describe=self._row,
            quiet=sessions.limits.quiet,
            clock=clock,
            now_ms=now_ms,
            deadline=self.deadline,
        )
        self._followers: dict[HubConnection, FollowerRole] = {}
        sessions.on_created.append(self._pace.born)
        sessions.on_removed.append(self._removed)
        sessions.on_used = self._pace.touched

    def list(self, connection: HubConnection, _: List) -> None:
        """Send all rows.

        Raises:
            RequestRefused: they are too many for one message.
        """
        rows = [self._row(session) for session in self._sessions.by_id.values()]
        sessions = encode_rows(rows, MAX_FRAME_BYTES - KIB)
        connection.send({"type": "sessions", "sessions": sessions})

    def follow(self, connection: HubConnection, request: Follow) -> None:
        """Begin the stream.

        Raises:
            RequestRefused: malformed position.
        """
        after = None
        if request.after is not None:
            incarnation, n = parse_list_position(request.after)
            if incarnation == self._sessions.store.incarnation and self._rows.can_replay(n):
                after = n
        if not self._followers:
            self._pace.start()
        follower = FollowerRole(
            connection,
            self._rows,
            self._pace.body,
            incarnation=self._sessions.store.incarnation,
            after=after,
        )
        self._followers[connection] = follower
        connection.source = follower

    def serves(self, connection: HubConnection) -> bool:
        """It follows the list."""
        return connection in self._followers

    def is_ending(self, connection: HubConnection) -> bool:
        """It still gets the rest of its stream, and then `end`."""
        follower = self._followers.get(connection)
        return follower is not None and follower.ending is not None

    def end(self, connection: HubConnection, reason: str) -> None:
        """End the stream once the follower has everything that is there."""
        self._pace.announce_all(self._clock())
        self._followers[connection].ending = reason

    def leave(self, connection: HubConnection) -> None:
        """The connection is gone."""
        if self._followers.pop(connection, None) is not None and not self._followers:
            self._pace.stop()

    def tick(self, now: float) -> None:
        """Announce what is due by now."""
        if now < self.deadline.at:
            return
        self.deadline.clear()
        if self._pace.step(now):
            self._wake()

    @property
    def followers(self) -> int:
        """How many connections follow."""
        return len(self._followers)

    def _row(self, session: LiveSession) -> SessionRow:
        return row_of(session, self._now_ms(), self._sessions.limits.quiet)

    def _removed(self, session: LiveSession) -> None:
        if self._rows.remove(session):
            self._wake()

    def _wake(self) -> None:
        for connection in self._followers:
            connection.look_again()
