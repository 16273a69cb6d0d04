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
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from lashd.cursor import MAX_U64, check_session_id
from lashd.errors import RequestRefused
from lashd.hub.intake import STEP_BYTES, Intake
from lashd.hub.publisher_role import PublisherRole
from lashd.hub.views import is_given, read_view
from lashd.protocol.messages import Append, ErrorCode, Open, Restore
from lashd.session.events import SessionOutcome
from lashd.session.row import Where, where_from_wire

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
        where = _check_open(request)
        session_id, publisher_id = request.session_id, request.publisher_id
        self._supersede(session_id, publisher_id)
        session = self._sessions.by_id.get(session_id)
        others = self._connections(session_id)
        returns = session is not None and publisher_id in session.publishers
        if request.exclusive and others and not returns:
            raise RequestRefused(
                ErrorCode.SESSION_BUSY, f"session `{session_id}` has another live publisher"
            )
        role = PublisherRole(request, where)
        self._roles[connection] = role
        if session is None:
            role.create_at = self._clock() + CREATE_DELAY
            self._deadline.no_later_than(role.create_at)
            self._pending.setdefault(session_id, {})[connection] = role
            store = self._sessions.store
            cursor = store.tail_cursor(session_id, request.revision or 0)
            last: int | None = 0
        else:
            self._join(connection, role, session)
            cursor, last = session.host.cursor, None
            if session.publishers.is_placed(publisher_id):
                last = session.publishers.last_number(publisher_id)
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

    def restore(self, connection: HubConnection, request: Restore) -> Iterator[None]:
        """Create the session from the publisher's view; if it exists, leave it as it is.

        In steps: a large view takes a while.

        Raises:
            RequestRefused: the view is invalid or too large, or a bound.
        """
        role = self._roles[connection]
        if not 0 <= request.last <= MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`last` is {request.last}")
        view = yield from read_view(request.view)
        session = role.session
        taken = session is None
        if session is None:
            session = self._sessions.restore(role.session_id, view)
            self._join_pending(session)
            known = request.last
        else:
            # Another publisher created it first: what only this view holds can't come in any more.
            known = session.publishers.last_number(role.publisher_id)
            Intake(role, session).show_hole(request.last - known)
            self._sessions.changed(session)
        session.publishers.note_number(role.publisher_id, max(known, request.last))
        cursor = session.host.cursor_text
        connection.send({"type": "restored", "cursor": cursor, "taken": taken})

    def append(self, connection: HubConnection, requests: Sequence[Append]) -> None:
        """Take the events that have not come before, and owe an acknowledgement.

        One request after the other: what is wrong with one is answered, and the rest goes on.
        """
        role = self._roles[connection]
        intake: Intake | None = None
        index = 0
        while index < len(requests):
            try:
                if intake is None:
                    intake = Intake(role, role.session or self._create(role))
                index = intake.take_plain(requests, index)
                for request in requests[index : index + 1]:
                    intake.take(request)
                index += 1
            except RequestRefused as error:
                self._land(connection, intake)
                intake, index = None, index + 1
                connection.refuse(ErrorCode(error.code), error.message)
                if connection.protocol.closed:
                    return
        self._land(connection, intake)

    def append_any(self, connection: HubConnection, request: Append) -> Iterator[None] | None:
        """As `append`, of one that may have a view or be large: then in steps.

        Raises:
            RequestRefused: impossible numbers, an invalid view, or a bound.
        """
        if request.size > STEP_BYTES:
            return self._append_in_steps(connection, request)
        for _ in self._append_in_steps(connection, request):
            pass
        return None

    def _append_in_steps(self, connection: HubConnection, request: Append) -> Iterator[None]:
        view = None
        if is_given(request.view):
            view = yield from read_view(request.view)
        role = self._roles[connection]
        intake = Intake(role, role.session or self._create(role))
        for _ in intake.take_in_steps(request, view):
            self._sessions.changed(intake.session)
            yield
        self._land(connection, intake)

    def _land(self, connection: HubConnection, intake: Intake | None) -> None:
        if intake is not None and intake.has_taken:
            intake.land()
            self._sessions.changed(intake.session)
            connection.owe_ack(self._roles[connection].make_ack)

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
            is_coming = any(connection.is_receiving for connection in pending)
            for connection, role in list(pending.items()):
                self._create_overdue(connection, role, now, is_coming=is_coming)
        for session in list(self._sessions.by_id.values()):
            self._deadline.no_later_than(session.publishers.expire(now))
            if session.abandoned:
                log.info("= session %r is cut off: its publisher was lost", session.session_id)
                session.host.end(SessionOutcome.CUT_OFF)
                self._sessions.changed(session)

    @property
    def connected(self) -> int:
        """How many connections publish."""
        return len(self._roles)

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
        if role.where is not None:
            session.where = role.where
        if session.connect(role.publisher_id, connection):
            role.reopen(session)
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
            connection.work = None
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

    def _create_overdue(
        self, connection: HubConnection, role: PublisherRole, now: float, *, is_coming: bool
    ) -> None:
        if role.session is not None:
            return  # Created a moment ago, for another publisher of the same session.
        if role.create_at > now:
            self._deadline.no_later_than(role.create_at)
            return
        if is_coming or not role.is_overdue:
            # A restore may be on its way: half received, or in the socket of a daemon that was
            # held up. Whatever is there has been read when the time comes again.
            role.is_overdue = True
            role.create_at = now + (CREATE_DELAY if is_coming else 0.0)
            self._deadline.no_later_than(role.create_at)
            return
        try:
            self._create(role)
        except RequestRefused as error:
            connection.refuse(ErrorCode(error.code), error.message)
            connection.close()


def _check_open(request: Open) -> Where | None:
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
    try:
        return where_from_wire(request.where)
    except ValueError as error:
        raise RequestRefused(ErrorCode.BAD_REQUEST, str(error)) from None
