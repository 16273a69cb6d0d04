"""Publishing: births, numbered events that land once, restores, goodbyes and losses without one.

A session that `open` finds unknown is born by the publisher's next message: a `restore` gives it
a past, anything else (or a second of silence) none. Events are numbered by their publisher; what
has come already is skipped, and a hole is shown in the session.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lashd.cursor import MAX_U64, check_session_id
from lashd.errors import InvalidEvent, RequestRefused, StoreError
from lashd.hub.session import Room
from lashd.limits import MAX_BATCH_EVENTS, MAX_SNAPSHOT_BYTES
from lashd.protocol.messages import Append, ErrorCode, Open, Restore
from lashd.session.codec import payload_from_wire
from lashd.session.events import (
    JsonValue,
    Payload,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    TurnActivity,
)
from lashd.session.view import ReadView, encode_view, view_from_wire

if TYPE_CHECKING:
    from lashd.hub.connection import Link
    from lashd.hub.sessions import Registry

log = logging.getLogger(__name__)

BIRTH_DELAY = 1.0
"""Seconds that an opened session waits for a restore: enough for 8 MiB on a busy machine."""

MAX_PUBLISHER_ID = 64
"""Characters; 128 bits are 32."""

MAX_REASON = 200
"""Characters of why an event was refused; a batch can have 1024 of them."""


class Publication:
    """A link's role while it publishes."""

    def __init__(self, request: Open) -> None:
        self.request = request
        self.session_id = request.session_id
        self.publisher_id = request.publisher_id
        self.room: Room | None = None
        """None until the session is born."""
        self.birth_due = 0.0
        self.refused: list[dict[str, JsonValue]] = []
        """To be told with the next acknowledgement."""

    def make_ack(self) -> dict[str, Any]:
        """The acknowledgement of everything that has come."""
        room = self.room
        assert room is not None
        refused, self.refused = self.refused, []
        last = room.last_number(self.publisher_id)
        return {"type": "ack", "last": last, "cursor": str(room.host.cursor), "refused": refused}


class Publishing:
    """Serves `open`, `restore`, `append` and `close`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._unborn: dict[str, dict[Link, Publication]] = {}
        registry.on_forgotten.append(self._forgotten)

    # -- requests ---------------------------------------------------------------------------------

    def open(self, link: Link, request: Open) -> None:
        """Make `link` a publisher of the session.

        Raises:
            RequestRefused: a bad name or id, an exclusive session is busy, or a bound.
        """
        self._check(request)
        session_id, publisher_id = request.session_id, request.publisher_id
        self._supersede(session_id, publisher_id)
        room = self._registry.rooms.get(session_id)
        others = self._live(session_id)
        returns = room is not None and publisher_id in room.numbers
        if request.exclusive and others and not returns:
            raise RequestRefused(
                ErrorCode.SESSION_BUSY, f"session `{session_id}` has another live publisher"
            )
        publication = Publication(request)
        link.role = publication
        if room is None:
            store = self._registry.store
            publication.birth_due = self._registry.clock() + BIRTH_DELAY
            self._registry.due(publication.birth_due)
            self._unborn.setdefault(session_id, {})[link] = publication
            cursor, last = store.tail_cursor(session_id, request.revision or 0), 0
        else:
            self._join(link, publication, room)
            cursor, last = room.host.cursor, room.last_number(publisher_id)
        link.send(
            {
                "type": "opened",
                "session_id": session_id,
                "known": room is not None,
                "last": last,
                "cursor": str(cursor),
                "sole": not others,
            }
        )

    def restore(self, link: Link, request: Restore) -> None:
        """Bear the session with the publisher's view; a session that is born already goes on.

        Raises:
            RequestRefused: the view is none or too large, or a bound.
        """
        publication = _publication(link)
        if not 0 <= request.last <= MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`last` is {request.last}")
        view = self._view(request.view)
        room = publication.room
        if room is None:
            room = self._registry.restore(publication.session_id, view)
            self._settle_births(room)
            known = request.last
        else:
            # Another publisher bore it first: what only this view holds can't come in any more.
            known = room.last_number(publication.publisher_id)
            self._show_hole(room, publication, request.last - known)
        room.note_number(publication.publisher_id, max(known, request.last))
        link.send({"type": "restored", "cursor": str(room.host.cursor)})

    def append(self, link: Link, request: Append) -> None:
        """Take the events that have not come before, and owe an acknowledgement.

        Raises:
            RequestRefused: impossible numbers, too many events, a view that is none, or a bound.
        """
        publication = _publication(link)
        count = len(request.events)
        if request.first < 1 or request.first + count > MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`first` is {request.first}")
        if count > MAX_BATCH_EVENTS:
            raise RequestRefused(
                ErrorCode.BAD_REQUEST,
                f"{count} events in one append; {MAX_BATCH_EVENTS} are allowed",
            )
        room = publication.room or self._bear(publication)
        last = room.last_number(publication.publisher_id)
        end = request.first + count - 1
        if end > last:
            if request.view is not None and self._is_alone(room, publication):
                room.host.replace_view(self._view(request.view))
            else:
                self._take(publication, room, request, skip=max(0, last + 1 - request.first))
            room.note_number(publication.publisher_id, end)
            self._registry.changed(room)
        link.owe_ack(publication.make_ack)

    def close(self, link: Link) -> None:
        """A publisher's goodbye."""
        publication = _publication(link)
        if publication.room is None:
            self._bear(publication)
        self._leave(link, publication)
        link.role = None
        link.send({"type": "closed"})

    def ping(self, link: Link) -> None:
        """Any message but a restore lets the session be born."""
        publication = _publication(link)
        if publication.room is None:
            self._bear(publication)

    # -- what happens by itself -------------------------------------------------------------------

    def lost(self, link: Link) -> None:
        """The connection is gone without a goodbye."""
        role, link.role = link.role, None
        if not isinstance(role, Publication):
            return
        self._leave(link, role)
        room = role.room
        if room is None or room.ended:
            return
        deadline = self._registry.clock() + self._registry.limits.publisher_grace
        room.lost[role.publisher_id] = deadline
        self._registry.due(deadline)

    def tick(self) -> None:
        """Births that nobody restores, and sessions whose publishers don't return."""
        now = self._registry.clock()
        for unborn in list(self._unborn.values()):
            for link, publication in list(unborn.items()):
                if publication.room is None and publication.birth_due <= now:
                    try:
                        self._bear(publication)
                    except RequestRefused as error:
                        link.refuse(error.code, error.message)
                        link.close()
                elif publication.room is None:
                    self._registry.due(publication.birth_due)
        for room in list(self._registry.rooms.values()):
            self._tick_room(room, now)

    def busy(self, session_id: str) -> bool:
        """The session has a live publisher, or is about to be born by one."""
        return bool(self._live(session_id))

    # -- inside -----------------------------------------------------------------------------------

    def _check(self, request: Open) -> None:
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

    def _live(self, session_id: str) -> list[Link]:
        room = self._registry.rooms.get(session_id)
        links = list(room.publishers.values()) if room is not None else []
        return links + list(self._unborn.get(session_id, ()))

    def _supersede(self, session_id: str, publisher_id: str) -> None:
        """A publisher that comes back before its old connection was missed: that one goes."""
        for link in self._live(session_id):
            role = link.role
            if isinstance(role, Publication) and role.publisher_id == publisher_id:
                self._leave(link, role)
                link.role = None
                link.abort()

    def _join(self, link: Link, publication: Publication, room: Room) -> None:
        publisher_id = publication.publisher_id
        publication.room = room
        returned = room.cut_off and publisher_id in room.gone
        room.publishers[publisher_id] = link
        room.lost.pop(publisher_id, None)
        room.gone.discard(publisher_id)
        room.touched_at = self._registry.clock()
        room.note_number(publisher_id, room.last_number(publisher_id))
        if returned:
            self._reopen(room, publication)
            self._registry.changed(room)

    def _leave(self, link: Link, publication: Publication) -> None:
        room = publication.room
        if room is not None:
            if room.publishers.get(publication.publisher_id) is link:
                del room.publishers[publication.publisher_id]
            room.touched_at = self._registry.clock()
            if not room.publishers and room.gone:
                self._registry.due(self._registry.clock())
        unborn = self._unborn.get(publication.session_id)
        if unborn is not None:
            unborn.pop(link, None)
            if not unborn:
                del self._unborn[publication.session_id]

    def _bear(self, publication: Publication) -> Room:
        request = publication.request
        room = self._registry.create(
            request.session_id,
            revision=request.revision or 0,
            title=request.title,
            agent=request.agent,
            directory=request.directory,
        )
        self._settle_births(room)
        return room

    def _settle_births(self, room: Room) -> None:
        for link, publication in self._unborn.pop(room.session_id, {}).items():
            self._join(link, publication, room)

    def _view(self, wire: dict[str, JsonValue]) -> ReadView:
        try:
            view = view_from_wire(wire)
            size = len(encode_view(view))
        except (InvalidEvent, ValueError, OverflowError) as error:
            raise RequestRefused(ErrorCode.INVALID_VIEW, str(error)) from None
        if not 0 <= view.revision <= MAX_U64:
            raise RequestRefused(ErrorCode.INVALID_VIEW, f"revision {view.revision} is no u64")
        if size > MAX_SNAPSHOT_BYTES:
            raise RequestRefused(
                ErrorCode.INVALID_VIEW,
                f"the view has {size} bytes; {MAX_SNAPSHOT_BYTES} are allowed",
            )
        return view

    def _is_alone(self, room: Room, publication: Publication) -> bool:
        """Whether this publisher's view can stand for the whole session."""
        return all(other == publication.publisher_id for other in room.numbers)

    def _take(self, publication: Publication, room: Room, request: Append, *, skip: int) -> None:
        # With a view the publisher has put its own mark where events are missing.
        if request.view is None:
            last = room.last_number(publication.publisher_id)
            self._show_hole(room, publication, request.first - last - 1)
        for number, wire in enumerate(request.events[skip:], request.first + skip):
            try:
                self._record(publication, room, wire)
            except (InvalidEvent, StoreError) as error:
                reason = str(error)[:MAX_REASON]
                publication.refused.append({"number": number, "reason": reason})

    def _show_hole(self, room: Room, publication: Publication, count: int) -> None:
        """Say in the session that `count` events of this publisher never came."""
        if count <= 0:
            return
        log.warning("! %d events of session %r never came", count, room.session_id)
        hole = RuntimeDiagnostic("events_dropped", {"count": count, "lost": True})
        try:
            self._reopen_if_ended(room, publication)
            room.host.record(TurnActivity.independent(hole))
        except StoreError as error:
            log.warning("! a hole in session %r can't be shown: %s", room.session_id, error)
        self._registry.changed(room)

    def _record(self, publication: Publication, room: Room, wire: dict[str, JsonValue]) -> None:
        payload = payload_from_wire(wire)
        if isinstance(payload, SessionChanged):
            if _is_end(payload) and len(room.publishers) > 1:
                # The session ends with the last of its publishers.
                return
            room.gone.clear()
        else:
            self._reopen_if_ended(room, publication)
        at, revision = wire.get("at"), wire.get("revision")
        room.host.record(
            payload,
            at=at if type(at) is int else None,
            revision=revision if type(revision) is int and revision >= 0 else None,
        )

    def _reopen_if_ended(self, room: Room, publication: Publication) -> None:
        if room.ended:
            self._reopen(room, publication)

    def _reopen(self, room: Room, publication: Publication) -> None:
        request = publication.request
        room.gone.clear()
        room.host.open(title=request.title, agent=request.agent, directory=request.directory)

    def _tick_room(self, room: Room, now: float) -> None:
        for publisher_id, deadline in list(room.lost.items()):
            if deadline <= now:
                del room.lost[publisher_id]
                room.gone.add(publisher_id)
            else:
                self._registry.due(deadline)
        if room.gone and not room.publishers and not room.lost and not room.ended:
            log.info("= session %r is cut off: its publisher was lost", room.session_id)
            room.host.end(SessionOutcome.CUT_OFF)
            self._registry.changed(room)

    def _forgotten(self, room: Room) -> None:
        for link in list(room.publishers.values()):
            link.role = None
            link.refuse(ErrorCode.FORGOTTEN, f"session `{room.session_id}` was removed")
            link.close()
        room.publishers.clear()


def _publication(link: Link) -> Publication:
    role = link.role
    assert isinstance(role, Publication)
    return role


def _is_end(payload: Payload) -> bool:
    return isinstance(payload, SessionChanged) and payload.kind is SessionChangeKind.ENDED
