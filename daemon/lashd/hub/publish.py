"""Publishing: sessions created, restored and reopened, and numbered events that land once.

A session that `open` finds unknown is created by the publisher's next message: a `restore` gives
it a past, anything else (or a second of silence) none. Events are numbered by their publisher:
those that have come already are skipped, and a hole is shown in the session. What becomes of a
publisher that leaves, and of one that returns, is a table in `lashd.hub.publishers`:

    connected -> disconnected (in its grace) -> expired -> its session ends `cut_off`
        ^                  |                       |
        +----- opens again +-----------------------+  which reopens a session that was cut off
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lashd.cursor import MAX_U64, check_session_id
from lashd.errors import InvalidEvent, RequestRefused, StoreError
from lashd.protocol.messages import Append, ErrorCode, Open, Restore
from lashd.session.codec import payload_from_wire
from lashd.session.events import (
    JsonValue,
    RuntimeDiagnostic,
    SessionChanged,
    SessionOutcome,
    TurnActivity,
)
from lashd.session.view import ReadView, encode_view, view_from_wire
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_SNAPSHOT_BYTES

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.deadline import Deadline
    from lashd.hub.session import LiveSession
    from lashd.hub.sessions import Sessions

log = logging.getLogger(__name__)

CREATE_DELAY = 1.0
"""Seconds that an opened session waits for a restore: enough for 8 MiB on a busy machine."""

MAX_PUBLISHER_ID = 64
"""Characters; 128 bits are 32."""

MAX_REASON = 200
"""Characters of why an event was refused; a batch can have 1024 of them."""


class PublisherRole:
    """A connection that has opened a session."""

    def __init__(self, request: Open) -> None:
        self.request = request
        self.session_id = request.session_id
        self.publisher_id = request.publisher_id
        self.session: LiveSession | None = None
        """None while the session is pending: opened, and not created yet."""
        self.create_at = 0.0
        """When a pending session is created if no message does it before."""
        self.refused: list[dict[str, JsonValue]] = []
        """What the next acknowledgement reports as refused."""

    def make_ack(self) -> dict[str, Any]:
        """The acknowledgement of everything that has come."""
        session = self.session
        assert session is not None
        refused, self.refused = self.refused, []
        last = session.publishers.last_number(self.publisher_id)
        return {
            "type": "ack",
            "last": last,
            "cursor": str(session.host.cursor),
            "refused": refused,
        }


class PublishRequests:
    """Serves `open`, `restore`, `append` and `close`; keeps the role of each publisher."""

    def __init__(
        self, sessions: Sessions, *, clock: Callable[[], float], deadline: Deadline
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._deadline = deadline
        self._roles: dict[HubConnection, PublisherRole] = {}
        self._pending: dict[str, dict[HubConnection, PublisherRole]] = {}
        """Publishers of sessions that are opened and not created yet, by session id."""
        sessions.on_removed.append(self._removed)

    # -- requests ---------------------------------------------------------------------------------

    def open(self, connection: HubConnection, request: Open) -> None:
        """Make `connection` a publisher of the session.

        Raises:
            RequestRefused: a bad name or id, an exclusive session is busy, or a bound.
        """
        _check_open(request)
        session_id, publisher_id = request.session_id, request.publisher_id
        self._supersede(session_id, publisher_id)
        session = self._sessions.by_id.get(session_id)
        others = self._connections(session_id)
        returns = session is not None and publisher_id in session.publishers
        if request.exclusive and others and not returns:
            raise RequestRefused(
                ErrorCode.SESSION_BUSY, f"session `{session_id}` has another live publisher"
            )
        role = PublisherRole(request)
        self._roles[connection] = role
        if session is None:
            role.create_at = self._clock() + CREATE_DELAY
            self._deadline.no_later_than(role.create_at)
            self._pending.setdefault(session_id, {})[connection] = role
            store = self._sessions.store
            cursor, last = store.tail_cursor(session_id, request.revision or 0), 0
        else:
            self._join(connection, role, session)
            cursor, last = session.host.cursor, session.publishers.last_number(publisher_id)
        connection.send(
            {
                "type": "opened",
                "session_id": session_id,
                "known": session is not None,
                "last": last,
                "cursor": str(cursor),
                "sole": not others,
            }
        )

    def restore(self, connection: HubConnection, request: Restore) -> None:
        """Create the session from the publisher's view; if it exists, leave it as it is.

        Raises:
            RequestRefused: the view is invalid or too large, or a bound.
        """
        role = self._roles[connection]
        if not 0 <= request.last <= MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`last` is {request.last}")
        view = _read_view(request.view)
        session = role.session
        if session is None:
            session = self._sessions.restore(role.session_id, view)
            self._join_pending(session)
            known = request.last
        else:
            # Another publisher created it first: what only this view holds can't come in any more.
            known = session.publishers.last_number(role.publisher_id)
            self._show_hole(session, role, request.last - known)
        session.publishers.note_number(role.publisher_id, max(known, request.last))
        connection.send({"type": "restored", "cursor": str(session.host.cursor)})

    def append(self, connection: HubConnection, request: Append) -> None:
        """Take the events that have not come before, and owe an acknowledgement.

        Raises:
            RequestRefused: impossible numbers, too many events, an invalid view, or a bound.
        """
        role = self._roles[connection]
        count = len(request.events)
        if request.first < 1 or request.first + count > MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`first` is {request.first}")
        if count > MAX_BATCH_EVENTS:
            raise RequestRefused(
                ErrorCode.BAD_REQUEST,
                f"{count} events in one append; {MAX_BATCH_EVENTS} are allowed",
            )
        session = role.session or self._create(role)
        last = session.publishers.last_number(role.publisher_id)
        end = request.first + count - 1
        if end > last:
            if request.view is not None and session.publishers.is_only(role.publisher_id):
                session.host.replace_view(_read_view(request.view))
            else:
                self._take(role, session, request, skip=max(0, last + 1 - request.first))
            session.publishers.note_number(role.publisher_id, end)
            self._sessions.changed(session)
        connection.owe_ack(role.make_ack)

    def close(self, connection: HubConnection) -> None:
        """A publisher's goodbye: it leaves for good."""
        role = self._roles[connection]
        if role.session is None:
            self._create(role)
        self._release(connection, grace_ends=None)
        connection.send({"type": "closed"})

    def ping(self, connection: HubConnection) -> None:
        """Any message but a restore creates a pending session."""
        role = self._roles.get(connection)
        if role is not None and role.session is None:
            self._create(role)

    # -- what happens by itself -------------------------------------------------------------------

    def disconnect(self, connection: HubConnection) -> None:
        """The connection is lost without a goodbye; its publisher may return within the grace."""
        if connection in self._roles:
            grace_ends = self._clock() + self._sessions.limits.publisher_grace
            self._deadline.no_later_than(grace_ends)
            self._release(connection, grace_ends=grace_ends)

    def tick(self, now: float) -> None:
        """Create overdue sessions; cut off those whose publishers have not returned."""
        for pending in list(self._pending.values()):
            for connection, role in list(pending.items()):
                self._create_overdue(connection, role, now)
        for session in list(self._sessions.by_id.values()):
            self._deadline.no_later_than(session.publishers.expire(now))
            if session.abandoned:
                log.info("= session %r is cut off: its publisher was lost", session.session_id)
                session.host.end(SessionOutcome.CUT_OFF)
                self._sessions.changed(session)

    def is_busy(self, session_id: str) -> bool:
        """A publisher is connected to the session, or is about to create it."""
        return bool(self._connections(session_id))

    # -- roles ------------------------------------------------------------------------------------

    def _connections(self, session_id: str) -> list[HubConnection]:
        session = self._sessions.by_id.get(session_id)
        connected = [] if session is None else session.publishers.connections
        return [*connected, *self._pending.get(session_id, ())]

    def _supersede(self, session_id: str, publisher_id: str) -> None:
        """A publisher may return before its old connection is known to be lost: that one goes."""
        for connection in self._connections(session_id):
            if self._roles[connection].publisher_id == publisher_id:
                self._release(connection, grace_ends=None)
                connection.abort()

    def _join(self, connection: HubConnection, role: PublisherRole, session: LiveSession) -> None:
        role.session = session
        if session.connect(role.publisher_id, connection):
            self._reopen(session, role)
            self._sessions.changed(session)

    def _release(self, connection: HubConnection, *, grace_ends: float | None) -> None:
        """The connection publishes no more; see `LiveSession.disconnect`."""
        role = self._roles.pop(connection)
        session = role.session
        if session is not None:
            session.disconnect(role.publisher_id, grace_ends=grace_ends)
            if session.abandoned:
                self._deadline.no_later_than(self._clock())
            return
        pending = self._pending[role.session_id]
        del pending[connection]
        if not pending:
            del self._pending[role.session_id]

    def _removed(self, session: LiveSession) -> None:
        for connection in session.publishers.connections:
            del self._roles[connection]
            connection.refuse(ErrorCode.FORGOTTEN, f"session `{session.session_id}` was removed")
            connection.close()

    # -- creating ---------------------------------------------------------------------------------

    def _create(self, role: PublisherRole) -> LiveSession:
        request = role.request
        session = self._sessions.create(
            request.session_id,
            revision=request.revision or 0,
            title=request.title,
            agent=request.agent,
            directory=request.directory,
        )
        self._join_pending(session)
        return session

    def _join_pending(self, session: LiveSession) -> None:
        for connection, role in self._pending.pop(session.session_id, {}).items():
            self._join(connection, role, session)

    def _create_overdue(self, connection: HubConnection, role: PublisherRole, now: float) -> None:
        if role.session is not None:
            return  # Created a moment ago, for another publisher of the same session.
        if role.create_at > now:
            self._deadline.no_later_than(role.create_at)
            return
        try:
            self._create(role)
        except RequestRefused as error:
            connection.refuse(ErrorCode(error.code), error.message)
            connection.close()

    # -- events -----------------------------------------------------------------------------------

    def _take(
        self, role: PublisherRole, session: LiveSession, request: Append, *, skip: int
    ) -> None:
        # With a view the publisher has put its own mark where events are missing.
        if request.view is None:
            last = session.publishers.last_number(role.publisher_id)
            self._show_hole(session, role, request.first - last - 1)
        for number, wire in enumerate(request.events[skip:], request.first + skip):
            try:
                self._record(role, session, wire)
            except (InvalidEvent, StoreError) as error:
                reason = str(error)[:MAX_REASON]
                role.refused.append({"number": number, "reason": reason})

    def _record(
        self, role: PublisherRole, session: LiveSession, wire: dict[str, JsonValue]
    ) -> None:
        payload = payload_from_wire(wire)
        if isinstance(payload, SessionChanged):
            if payload.is_end and len(session.publishers.connections) > 1:
                # The session ends with the last of its publishers.
                return
            session.publishers.excuse_expired()
        else:
            self._reopen_if_ended(session, role)
        at, revision = wire.get("at"), wire.get("revision")
        session.host.record(
            payload,
            at=at if type(at) is int else None,
            revision=revision if type(revision) is int and revision >= 0 else None,
        )

    def _show_hole(self, session: LiveSession, role: PublisherRole, count: int) -> None:
        """Say in the session that `count` events of this publisher never came."""
        if count <= 0:
            return
        log.warning("! %d events of session %r never came", count, session.session_id)
        hole = RuntimeDiagnostic("events_dropped", {"count": count, "lost": True})
        try:
            self._reopen_if_ended(session, role)
            session.host.record(TurnActivity.independent(hole))
        except StoreError as error:
            log.warning("! a hole in session %r can't be shown: %s", session.session_id, error)
        self._sessions.changed(session)

    def _reopen_if_ended(self, session: LiveSession, role: PublisherRole) -> None:
        if session.ended:
            self._reopen(session, role)

    def _reopen(self, session: LiveSession, role: PublisherRole) -> None:
        request = role.request
        session.publishers.excuse_expired()
        session.host.open(title=request.title, agent=request.agent, directory=request.directory)


def _check_open(request: Open) -> None:
    try:
        check_session_id(request.session_id)
    except ValueError as error:
        raise RequestRefused(ErrorCode.BAD_REQUEST, str(error)) from None
    if not 1 <= len(request.publisher_id) <= MAX_PUBLISHER_ID:
        raise RequestRefused(
            ErrorCode.BAD_REQUEST, f"`publisher_id` has {len(request.publisher_id)} characters"
        )
    if request.revision is not None and not 0 <= request.revision <= MAX_U64:
        raise RequestRefused(ErrorCode.BAD_REQUEST, f"`revision` is {request.revision}")


def _read_view(wire: dict[str, JsonValue]) -> ReadView:
    try:
        view = view_from_wire(wire)
        size = len(encode_view(view))
    except (InvalidEvent, ValueError, OverflowError) as error:
        raise RequestRefused(ErrorCode.INVALID_VIEW, str(error)) from None
    if not 0 <= view.revision <= MAX_U64:
        raise RequestRefused(ErrorCode.INVALID_VIEW, f"revision {view.revision} is not a u64")
    if size > MAX_SNAPSHOT_BYTES:
        raise RequestRefused(
            ErrorCode.INVALID_VIEW, f"the view has {size} bytes; {MAX_SNAPSHOT_BYTES} are allowed"
        )
    return view
