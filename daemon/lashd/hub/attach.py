"""Attaching: where a reader's stream begins, and readers waiting for a session to exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lashd.cursor import SessionCursor, check_session_id, join_position
from lashd.errors import MalformedCursor, RequestRefused, SubscriberLagged, WrongSession
from lashd.hub import records
from lashd.hub.reader import ReaderRole, StreamStart
from lashd.protocol.messages import Attach, ErrorCode

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.session import LiveSession
    from lashd.hub.sessions import Sessions


class WaitingRole(NamedTuple):
    """A connection that has attached to a session that doesn't exist yet."""

    request: Attach
    session_id: str


class AttachRequests:
    """Serves `attach`, and keeps the role of each connection that has attached."""

    def __init__(self, sessions: Sessions, daemon: dict[str, Any]) -> None:
        """`daemon` is what every `attached` record says about the daemon."""
        self._sessions = sessions
        self._daemon = daemon
        self._readers: dict[HubConnection, ReaderRole] = {}
        self._waiting: dict[HubConnection, WaitingRole] = {}
        sessions.on_created.append(self._created)
        sessions.on_removed.append(self._removed)

    def attach(self, connection: HubConnection, request: Attach) -> None:
        """Begin the stream, or wait for the session.

        Raises:
            RequestRefused: malformed or foreign cursor, no such session, or a contradiction.
        """
        if request.last is not None and request.last < 0:
            raise RequestRefused(ErrorCode.BAD_REQUEST, "`last` is negative")
        if request.start == "cursor" and request.cursor is None:
            raise RequestRefused(
                ErrorCode.BAD_REQUEST, "`start` is `cursor` but no `cursor` was given"
            )
        session_id = self._session_id(request)
        session = self._sessions.by_id.get(session_id)
        if session is not None:
            self._begin(connection, session, self._resolve(session, request))
        elif request.wait:
            self._waiting[connection] = WaitingRole(request, session_id)
        else:
            raise RequestRefused(ErrorCode.NO_SESSION, f"there is no session `{session_id}`")

    def serves(self, connection: HubConnection) -> bool:
        """It is attached, or waits to be."""
        return connection in self._readers or connection in self._waiting

    def is_ending(self, connection: HubConnection) -> bool:
        """It still gets the rest of its stream, and then `end`."""
        reader = self._readers.get(connection)
        return reader is not None and reader.ending is not None

    def detach(self, connection: HubConnection) -> None:
        """The connection is gone, or is done with attaching."""
        self._waiting.pop(connection, None)
        reader = self._readers.pop(connection, None)
        if reader is not None:
            reader.hold()
            reader.session.remove_viewer(connection)

    def end(self, connection: HubConnection, reason: str) -> None:
        """End the stream once the reader has everything that is there."""
        reader = self._readers.get(connection)
        if reader is not None:
            reader.ending = reason
        waiting = self._waiting.pop(connection, None)
        if waiting is not None:
            cursor = waiting.request.cursor
            connection.send_frame(records.record("end", cursor=cursor, reason=reason))
            connection.close()

    @property
    def attached(self) -> int:
        """How many readers are attached."""
        return len(self._readers)

    @property
    def waiting(self) -> int:
        """How many readers wait for a session."""
        return len(self._waiting)

    # -- where a stream begins --------------------------------------------------------------------

    def _session_id(self, request: Attach) -> str:
        session_id = request.session_id
        if request.cursor is not None:
            session_id = parse_cursor(request.cursor, session_id)
        if session_id is not None:
            try:
                return check_session_id(session_id)
            except ValueError as error:
                raise RequestRefused(ErrorCode.NO_SESSION, str(error)) from None
        known = self._sessions.by_id
        if len(known) == 1:
            return next(iter(known))
        raise RequestRefused(
            ErrorCode.NO_SESSION,
            "there is no session" if not known else f"there are {len(known)} sessions: name one",
        )

    def _resolve(
        self, session: LiveSession, request: Attach, *, waited: bool = False
    ) -> StreamStart:
        """Where the stream begins. `waited`: the reader was there before the session."""
        start = request.start
        if start in ("snapshot", "cursor") and request.cursor is not None:
            return self._after(session, SessionCursor(request.cursor))
        tail = StreamStart(session.tail, str(session.host.cursor))
        if start == "snapshot" and request.last is None:
            return tail._replace(snapshot=True)
        bounds = session.store.bounds(session.session_id)
        if bounds is None:
            return tail
        if waited:
            # It was there before the first event, so it gets all of them: from where the session
            # starts. If the session was restored, that is a gap.
            return self._after(session, self._cursor_at(session, bounds.start))
        if start == "now":
            return tail
        position = bounds.first - 1
        if request.last is not None:
            position = max(position, bounds.tail - request.last)
        return StreamStart(position, str(self._cursor_at(session, position)))

    def _after(self, session: LiveSession, cursor: SessionCursor) -> StreamStart:
        parsed = cursor.parse()
        reason = session.store.gap_reason(session.session_id, parsed.live_position)
        return StreamStart(parsed.n, str(cursor), gap_reason=reason)

    def _cursor_at(self, session: LiveSession, position: int) -> SessionCursor:
        if position >= session.tail:
            return session.host.cursor
        # Only the position of a cursor is ever compared. Its revision is at most that of the event
        # which follows, so that the revisions that a reader sees never fall.
        try:
            following = session.read(position, 1, None)
        except SubscriberLagged:
            following = None
        revision = session.host.revision
        if following is not None:
            revision = SessionCursor(following.cursor).parse().revision.n
        where = join_position(session.store.incarnation, position)
        return SessionCursor.new(session.session_id, revision, where)

    # -- inside -----------------------------------------------------------------------------------

    def _begin(self, connection: HubConnection, session: LiveSession, start: StreamStart) -> None:
        reader = ReaderRole(connection, session, start, self._daemon)
        self._readers[connection] = reader
        connection.source = reader
        session.add_viewer(connection)

    def _created(self, session: LiveSession) -> None:
        for connection, waiting in list(self._waiting.items()):
            if waiting.session_id == session.session_id:
                del self._waiting[connection]
                self._begin(
                    connection, session, self._resolve(session, waiting.request, waited=True)
                )

    def _removed(self, session: LiveSession) -> None:
        for connection in list(session.viewers):
            self._readers.pop(connection).finish("forgotten")
            session.remove_viewer(connection)


def parse_cursor(cursor: str, session_id: str | None) -> str:
    """The session that `cursor` names; it must be `session_id` where that is given.

    Raises:
        RequestRefused: it is malformed, or of another session.
    """
    try:
        if session_id is None:
            return SessionCursor(cursor).parse().session_id
        return SessionCursor(cursor).parse_for_session(session_id).session_id
    except MalformedCursor as error:
        raise RequestRefused(ErrorCode.MALFORMED_CURSOR, str(error)) from None
    except WrongSession as error:
        raise RequestRefused(ErrorCode.WRONG_SESSION, str(error)) from None
