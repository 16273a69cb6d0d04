"""Attaching: where a reader's stream begins, and who waits for a session that isn't there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lashd.cursor import SessionCursor, check_session_id, join_position
from lashd.errors import MalformedCursor, RequestRefused, SubscriberLagged, WrongSession
from lashd.hub import records
from lashd.hub.reader import Reader
from lashd.protocol.messages import Attach, ErrorCode

if TYPE_CHECKING:
    from lashd.hub.connection import Link
    from lashd.hub.session import Room
    from lashd.hub.sessions import Registry


class Waiter:
    """A link's role while its session doesn't exist yet."""

    def __init__(self, request: Attach, session_id: str) -> None:
        self.request = request
        self.session_id = session_id


class Attaching:
    """Serves `attach`. `daemon` is what every `attached` record says about the daemon."""

    def __init__(self, registry: Registry, daemon: dict[str, Any]) -> None:
        self._registry = registry
        self._daemon = daemon
        self._waiting: dict[str, dict[Link, Waiter]] = {}
        registry.on_birth.append(self._born)
        registry.on_forgotten.append(self._forgotten)

    def attach(self, link: Link, request: Attach) -> None:
        """Begin the stream, or wait for the session.

        Raises:
            RequestRefused: malformed or foreign cursor, no such session, or a contradiction.
        """
        if request.last is not None and request.last < 0:
            raise RequestRefused(ErrorCode.BAD_REQUEST, "`last` is negative")
        if request.start == "cursor" and request.cursor is None:
            raise RequestRefused(ErrorCode.BAD_REQUEST, "`start` is `cursor` and there is none")
        session_id = self._name(request)
        room = self._registry.rooms.get(session_id)
        if room is not None:
            self._begin(link, room, request)
        elif request.wait:
            waiter = Waiter(request, session_id)
            link.role = waiter
            self._waiting.setdefault(session_id, {})[link] = waiter
        else:
            raise RequestRefused(ErrorCode.NO_SESSION, f"there is no session `{session_id}`")

    def lost(self, link: Link) -> None:
        """The connection is gone, or is done with attaching."""
        role, link.role = link.role, None
        if isinstance(role, Waiter):
            self._drop_waiter(role.session_id, link)
        elif isinstance(role, Reader):
            role.room.viewers.discard(link)
            role.room.touched_at = self._registry.clock()

    def stop(self, link: Link, reason: str) -> None:
        """End the stream once the reader has all there is."""
        role = link.role
        if isinstance(role, Reader):
            role.ending = reason
        elif isinstance(role, Waiter):
            self._end_waiter(link, role, reason)

    @property
    def waiting(self) -> int:
        """Readers who wait for a session."""
        return sum(len(links) for links in self._waiting.values())

    # -- inside -----------------------------------------------------------------------------------

    def _name(self, request: Attach) -> str:
        session_id = request.session_id
        if request.cursor is not None:
            session_id = parse_cursor(request.cursor, session_id)
        if session_id is not None:
            try:
                return check_session_id(session_id)
            except ValueError as error:
                raise RequestRefused(ErrorCode.NO_SESSION, str(error)) from None
        rooms = self._registry.rooms
        if len(rooms) == 1:
            return next(iter(rooms))
        raise RequestRefused(
            ErrorCode.NO_SESSION,
            "there is no session" if not rooms else f"there are {len(rooms)} sessions: name one",
        )

    def _begin(self, link: Link, room: Room, request: Attach, *, waited: bool = False) -> None:
        cursor = SessionCursor(request.cursor) if request.cursor is not None else None
        start = request.start
        if start == "snapshot" and cursor is not None:
            start = "cursor"
        if start == "snapshot" and request.last is not None:
            start = "start"
        if waited and start in ("start", "now"):
            # Whoever waited since before the birth has asked for all of it: from where the session
            # starts, which is a gap if it was restored.
            bounds = room.store.bounds(room.session_id)
            position = room.tail if bounds is None else bounds.start
            start, cursor = "cursor", SessionCursor(self._at(room, position))
        served = "replay"
        reason = None
        if start == "snapshot":
            served = "snapshot"
        elif start == "cursor" and cursor is not None:
            reason = room.store.check(room.session_id, cursor.parse().live_position)
            served = "gap" if reason is not None else "replay"
        reader = Reader(link, room, served, self._daemon)
        tail = str(room.host.cursor)
        if start == "snapshot":
            reader.begin(room.tail, tail)
            reader.observe()
        elif start == "cursor" and cursor is not None:
            reader.begin(cursor.parse().n, str(cursor))
            if reason is not None:
                reader.gap(cursor, reason)
        elif start == "now":
            reader.begin(room.tail, tail)
        else:
            position = self._first(room, request.last)
            reader.begin(position, self._at(room, position))
        link.role = link.source = reader
        room.viewers.add(link)
        room.touched_at = self._registry.clock()

    def _first(self, room: Room, last: int | None) -> int:
        bounds = room.store.bounds(room.session_id)
        if bounds is None:
            return room.tail
        first = bounds.first - 1
        return first if last is None else max(first, bounds.tail - last)

    def _at(self, room: Room, position: int) -> str:
        if position >= room.tail:
            return str(room.host.cursor)
        # Only the position of a cursor is ever compared. Its revision is at most that of the event
        # which follows, so that the revisions that a reader sees never fall.
        try:
            following = room.read(position, 1, None)
        except SubscriberLagged:
            following = None
        revision = room.host.revision
        if following is not None:
            revision = SessionCursor(following.cursor).parse().revision.n
        where = join_position(self._registry.store.incarnation, position)
        return str(SessionCursor.new(room.session_id, revision, where))

    def _born(self, room: Room) -> None:
        for link, waiter in self._waiting.pop(room.session_id, {}).items():
            link.role = None
            self._begin(link, room, waiter.request, waited=True)

    def _forgotten(self, room: Room) -> None:
        for link in list(room.viewers):
            role, link.role = link.role, None
            if isinstance(role, Reader):
                role.finish("forgotten")
        room.viewers.clear()

    def _end_waiter(self, link: Link, waiter: Waiter, reason: str) -> None:
        link.role = None
        self._drop_waiter(waiter.session_id, link)
        link.send_frame(records.record("end", cursor=waiter.request.cursor, reason=reason))
        link.close()

    def _drop_waiter(self, session_id: str, link: Link) -> None:
        links = self._waiting.get(session_id)
        if links is not None:
            links.pop(link, None)
            if not links:
                del self._waiting[session_id]


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
