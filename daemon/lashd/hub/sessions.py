"""Which sessions exist and what they may cost; who waits for one; which connections have news.

Memory, over the bound for the whole process: ended sessions that nobody watches go first, the
longest unchanged of them before the others; then the oldest events of the largest ring; never the
view of a session that lives or is watched. When that is not enough, new sessions are refused.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from lashd.cursor import SessionRevision
from lashd.errors import RequestRefused, StoreError
from lashd.hub.session import Room
from lashd.protocol.framing import HEADER, frame
from lashd.protocol.messages import ErrorCode
from lashd.session.codec import decode_event, encode_event
from lashd.session.host import SessionHost
from lashd.session.store import EventCodec, InMemoryLiveReplayStore

if TYPE_CHECKING:
    from lashd.hub.connection import Link
    from lashd.limits import DaemonLimits
    from lashd.session.view import ReadView

log = logging.getLogger(__name__)

FRAME_CODEC = EventCodec(
    lambda event: frame(encode_event(event)), lambda data: decode_event(data[HEADER.size :])
)
"""Events are retained as the frames that go out: encoded once, however many read them."""

SWEEP_EVERY = 5.0
"""Seconds between looks at what has become too old."""


class Registry:
    """All sessions. `clock` gives seconds that never go back, `now_ms` Unix milliseconds."""

    def __init__(
        self,
        *,
        limits: DaemonLimits,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
        incarnation: int,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.now_ms = now_ms
        self.store = InMemoryLiveReplayStore(
            limits.store, clock=clock, incarnation=incarnation, codec=FRAME_CODEC
        )
        self.rooms: dict[str, Room] = {}
        self.on_birth: list[Callable[[Room], None]] = []
        """Called for each session as it is born."""
        self.on_forgotten: list[Callable[[Room], None]] = []
        self.deadline = math.inf
        """When something is due at the latest, by `clock`; `tick` of the hub sets it anew."""
        self._view_bytes: dict[str, int] = {}
        self._views_total = 0
        self._recent: OrderedDict[str, Room] = OrderedDict()
        self._dirty_links: dict[Link, None] = {}
        self._dirty_rooms: dict[str, Room] = {}

    # -- news -------------------------------------------------------------------------------------

    def mark(self, link: Link) -> None:
        """There may be something to send to `link`."""
        self._dirty_links[link] = None

    @property
    def dirty(self) -> bool:
        """`take_dirty` would give something."""
        return bool(self._dirty_links or self._dirty_rooms)

    def take_dirty(self) -> list[Link]:
        """The connections that there may be something to send to; each once."""
        links, self._dirty_links = self._dirty_links, {}
        if self._dirty_rooms:
            for room in self._dirty_rooms.values():
                links.update(dict.fromkeys(room.viewers))
            self._dirty_rooms = {}
        return list(links)

    def due(self, at: float) -> None:
        """Something is to be done at `at`."""
        self.deadline = min(self.deadline, at)

    # -- sessions ---------------------------------------------------------------------------------

    def create(self, session_id: str, *, revision: int, **known: str | None) -> Room:
        """Bear a session with its `opened` event; `known` is its title, agent and directory.

        Raises:
            RequestRefused: a bound is reached.
        """
        self._make_place()
        host = SessionHost(
            self.store,
            session_id,
            now_ms=self.now_ms,
            revision=SessionRevision(revision).n,
            limits=self.limits.view,
        )
        try:
            host.open(**known)
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        return self._add(host)

    def restore(self, session_id: str, view: ReadView) -> Room:
        """Bear a session from a whole view.

        Raises:
            RequestRefused: a bound is reached.
        """
        self._make_place()
        try:
            host = SessionHost.restored(
                self.store, session_id, view, now_ms=self.now_ms, limits=self.limits.view
            )
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        return self._add(host)

    def changed(self, room: Room) -> None:
        """The history of `room` has grown or was replaced."""
        room.note_tail()
        room.touched_at = self.clock()
        room.updated_at = self.now_ms()
        self._count(room)
        self._dirty_rooms[room.session_id] = room
        if self.memory() > self.limits.store.max_total_bytes:
            self.enforce_memory()

    def forget(self, room: Room) -> None:
        """Remove a session; its positions are never used again."""
        if self.rooms.get(room.session_id) is not room:
            return
        del self.rooms[room.session_id]
        self._dirty_rooms.pop(room.session_id, None)
        self._views_total -= self._view_bytes.pop(room.session_id, 0)
        self.store.forget(room.session_id)
        room.release()
        for callback in self.on_forgotten:
            callback(room)

    # -- bounds -----------------------------------------------------------------------------------

    def memory(self) -> int:
        """Bytes of all retained events and all views."""
        return self.store.total_bytes + self._views_total

    def sweep(self) -> None:
        """Drop what is too old or too much."""
        now = self.clock()
        self.store.sweep()
        for room in list(self.rooms.values()):
            room.release()
            if room.deserted and now - room.touched_at >= self.limits.forget_after:
                idle = now - room.touched_at
                log.info("= session %r forgotten: unused for %.0f s", room.session_id, idle)
                self.forget(room)
        if self.memory() > self.limits.store.max_total_bytes:
            self.enforce_memory()

    def enforce_memory(self) -> None:
        """Bring the memory of all sessions under its bound, as far as that may be done."""
        bound = self.limits.store.max_total_bytes
        while self.memory() > bound and self._evict_one():
            pass
        over = self.memory() - bound
        if over > 0 and self.store.total_bytes:
            # A little more than needed, so that a full daemon does not look at each append.
            self.store.drop_oldest(over + bound // 1024)
            for room in self.rooms.values():
                room.note_tail()

    def _evict_one(self) -> bool:
        candidates = (room for room in self.rooms.values() if room.ended and room.deserted)
        room = min(candidates, key=lambda room: room.touched_at, default=None)
        if room is None:
            return False
        log.info("= session %r forgotten: memory is needed for others", room.session_id)
        self.forget(room)
        return True

    def _make_place(self) -> None:
        while len(self.rooms) >= self.limits.store.max_sessions:
            if not self._evict_one():
                raise RequestRefused(
                    ErrorCode.LIMIT,
                    f"there are {len(self.rooms)} sessions, as many as are allowed, and none of "
                    "them is over; remove one",
                )
        bound = self.limits.store.max_total_bytes
        if self.memory() >= bound:
            self.enforce_memory()
            if self.memory() >= bound:
                raise RequestRefused(
                    ErrorCode.LIMIT,
                    f"the sessions hold {self.memory()} bytes and {bound} are allowed; remove one",
                )

    def _add(self, host: SessionHost) -> Room:
        room = Room(self.store, host, now=self.clock(), now_ms=self.now_ms(), recent=self._recent)
        self.rooms[room.session_id] = room
        self._count(room)
        self._dirty_rooms[room.session_id] = room
        for callback in self.on_birth:
            callback(room)
        return room

    def _count(self, room: Room) -> None:
        size = room.host.view_bytes
        self._views_total += size - self._view_bytes.get(room.session_id, 0)
        self._view_bytes[room.session_id] = size
