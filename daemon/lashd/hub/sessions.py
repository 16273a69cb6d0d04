"""Which sessions exist, and what they may cost.

Memory, over the bound for the whole process: ended sessions that are unused go first, the longest
unused of them before the others; then the oldest events of the largest ring; never the view of a
session that is running or watched. When that is not enough, new sessions are refused.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lashd.cursor import SessionRevision
from lashd.errors import RequestRefused, StoreError
from lashd.hub.publishers import PUBLISHER_BYTES
from lashd.hub.session import LiveSession
from lashd.protocol.framing import HEADER, frame
from lashd.protocol.messages import ErrorCode
from lashd.session.codec import decode_event, encode_event
from lashd.session.host import SessionHost
from lashd.session.store import EventCodec, InMemoryLiveReplayStore
from lashd.wire_limits import KIB

if TYPE_CHECKING:
    from lashd.hub.dirty import DirtySet
    from lashd.limits import DaemonLimits
    from lashd.session.events import SessionObservationEvent
    from lashd.session.view import ReadView

log = logging.getLogger(__name__)

FRAME_CODEC = EventCodec(
    lambda event: frame(encode_event(event)),
    lambda data: decode_event(data[HEADER.size :]),
    HEADER.format,
)
"""Events are retained as the frames that go out: encoded once, however many read them."""


SESSION_BYTES = 4 * KIB
"""What a session takes beside its history, its view and its publishers."""


class Sessions:
    """All sessions. `clock` gives seconds that never go back, `now_ms` Unix milliseconds."""

    def __init__(
        self,
        *,
        limits: DaemonLimits,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
        incarnation: int,
        dirty: DirtySet,
    ) -> None:
        self.limits = limits
        self.store = InMemoryLiveReplayStore(
            limits.store, clock=clock, incarnation=incarnation, codec=FRAME_CODEC
        )
        self.by_id: dict[str, LiveSession] = {}
        self.on_created: list[Callable[[LiveSession], None]] = []
        """Called for each session when it is created."""
        self.on_removed: list[Callable[[LiveSession], None]] = []
        """Called for each session when it has been removed."""
        self.on_used: Callable[[LiveSession], None] = lambda session: None
        """Called whenever what a list says of a session may have changed."""
        self._clock = clock
        self._now_ms = now_ms
        self._dirty = dirty
        self._view_bytes: dict[str, int] = {}
        self._total_view_bytes = 0
        self._encoded: OrderedDict[str, LiveSession] = OrderedDict()

    # -- their lives ------------------------------------------------------------------------------

    def create(self, session_id: str, *, revision: int, **known: str | None) -> LiveSession:
        """Create a session with its `opened` event; `known` is its title, agent and directory.

        Raises:
            RequestRefused: a bound is reached.
        """
        self._make_room()
        host = SessionHost(
            self.store,
            session_id,
            now_ms=self._now_ms,
            revision=SessionRevision(revision).n,
            limits=self.limits.view,
            packed=True,
        )
        try:
            host.open(**known)
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        return self._add(host)

    def restore(self, session_id: str, view: ReadView) -> LiveSession:
        """Create a session from a whole view.

        Raises:
            RequestRefused: a bound is reached.
        """
        self._make_room()
        try:
            host = SessionHost.restored(
                self.store,
                session_id,
                view,
                now_ms=self._now_ms,
                limits=self.limits.view,
                packed=True,
            )
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        return self._add(host)

    def mirror(
        self,
        session_id: str,
        begins: int,
        view: ReadView,
        at: int,
        events: Sequence[tuple[SessionObservationEvent, bytes]],
    ) -> LiveSession:
        """Create a session that another daemon numbers; see `SessionHost.take_view`.

        Raises:
            RequestRefused: a bound is reached.
        """
        self._make_room()
        try:
            host = SessionHost.mirrored(self.store, session_id, begins=begins, now_ms=self._now_ms)
            host.take_view(view, at, events)
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        return self._add(host)

    def changed(self, session: LiveSession) -> None:
        """The history of `session` has grown or was replaced.

        To be called after every change, before a reader is served: until then readers see the
        session as it was.
        """
        session.note_change()
        self._count(session)
        if session.live:
            self._dirty.mark_session(session)
        if self.memory() > self.limits.store.max_total_bytes:
            self.enforce_memory()

    def remove(self, session: LiveSession) -> None:
        """Remove a session; its positions are never used again."""
        if self.by_id.get(session.session_id) is not session:
            return
        del self.by_id[session.session_id]
        self._total_view_bytes -= self._view_bytes.pop(session.session_id, 0)
        self.store.forget(session.session_id)
        session.release()
        for callback in self.on_removed:
            callback(session)

    # -- bounds -----------------------------------------------------------------------------------

    def memory(self) -> int:
        """Bytes of all retained events and all views."""
        return self.store.total_bytes + self._total_view_bytes

    def sweep(self) -> None:
        """Drop what is too old or too much."""
        now = self._clock()
        self.store.sweep()
        for session in list(self.by_id.values()):
            session.release()
            session.note_trim()
            if session.unused and now - session.used_at >= self.limits.forget_after:
                unused_s = now - session.used_at
                log.info("= session %r removed: unused for %.0f s", session.session_id, unused_s)
                self.remove(session)
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
            for session in self.by_id.values():
                session.release_cuts()

    def _evict_one(self) -> bool:
        candidates = [session for session in self.by_id.values() if session.ended]
        session = min(
            (session for session in candidates if session.unused),
            key=lambda session: session.used_at,
            default=None,
        )
        if session is None:
            return False
        log.info("= session %r removed: its memory is needed for others", session.session_id)
        self.remove(session)
        return True

    def _make_room(self) -> None:
        while len(self.by_id) >= self.limits.store.max_sessions:
            if not self._evict_one():
                raise RequestRefused(
                    ErrorCode.LIMIT,
                    f"there are {len(self.by_id)} sessions, the most that are allowed, and all of "
                    "them are in use; remove one",
                )
        bound = self.limits.store.max_total_bytes
        if self.memory() >= bound:
            self.enforce_memory()
            if self.memory() >= bound:
                raise RequestRefused(
                    ErrorCode.LIMIT,
                    f"the sessions hold {self.memory()} bytes and {bound} are allowed; remove one",
                )

    def _add(self, host: SessionHost) -> LiveSession:
        session = LiveSession(
            self.store,
            host,
            clock=self._clock,
            now_ms=self._now_ms,
            encoded=self._encoded,
            on_used=self.on_used,
        )
        self.by_id[session.session_id] = session
        self._count(session)
        for callback in self.on_created:
            callback(session)
        return session

    def _count(self, session: LiveSession) -> None:
        size = SESSION_BYTES + session.host.view_bytes + len(session.publishers) * PUBLISHER_BYTES
        self._total_view_bytes += size - self._view_bytes.get(session.session_id, 0)
        self._view_bytes[session.session_id] = size
