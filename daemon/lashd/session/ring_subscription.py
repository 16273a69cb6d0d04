"""The in-memory store's subscription: a position in the session's ring, nothing queued for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lashd.errors import SubscriberLagged, SubscriptionClosed
from lashd.session.subscription import LiveReplaySubscription

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from lashd.session.codec import EventCodec
    from lashd.session.events import SessionObservationEvent
    from lashd.session.ring import Ring


class RingStore(Protocol):
    """What a subscription needs of its store."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Guards the ring."""

    @property
    def codec(self) -> EventCodec:
        """Decodes what the ring holds."""

    def trim_session(self, session_id: str) -> None:
        """Drop what is too old."""

    def on_change(self, session_id: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at each change; returns what ends that."""


class RingSubscription(LiveReplaySubscription):
    """A subscription to a session of an `InMemoryLiveReplayStore`: a place in its ring."""

    __slots__ = ("_after", "_ring", "_session_id", "_store")

    def __init__(self, store: RingStore, session_id: str, ring: Ring, after: int) -> None:
        self._store = store
        self._session_id = session_id
        self._ring = ring
        self._after = after if ring.is_created else -1
        """n of the last event taken; -1 until the session is created and its place known."""

    def take(self) -> SessionObservationEvent | None:
        """The next event if it is there already; see the base class."""
        with self._store.lock:
            ring = self._ring
            if ring.closed:
                raise SubscriptionClosed
            if not ring.is_created:
                return None
            if self._after < 0:
                self._after = ring.start
            if self._after == ring.tail:
                return None
            self._store.trim_session(self._session_id)
            if lost := ring.lost_after(self._after):
                self._after += lost
                raise SubscriberLagged(lost)
            self._after += 1
            kept = ring.kept(self._after)
        return self._store.codec.decode(kept) if isinstance(kept, bytes) else kept

    def ready(self) -> bool:
        """Whether there is an event, a lag or an end to report."""
        with self._store.lock:
            ring = self._ring
            if ring.closed or not ring.is_created:
                return ring.closed
            return ring.tail > (ring.start if self._after < 0 else self._after)

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See the base class."""
        return self._store.on_change(self._session_id, callback)
