"""Following a session: what is there after a cursor, then what comes, each event once.

A subscription is a position, nothing else: it has no queue of its own and costs the store nothing.
A slow one is served from the ring until the ring itself has moved on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from lashd.errors import SubscriberLagged, SubscriptionClosed
from lashd.session import waiting as wakeup

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.session.events import SessionObservationEvent
    from lashd.session.ring import Ring
    from lashd.session.store import InMemoryLiveReplayStore


class LiveReplaySubscription(ABC):
    """Events after a cursor: first those retained, then live ones; none twice, none missing.

    One reader at a time. A store of another kind implements `take`, `ready` and `watch`.
    """

    __slots__ = ("__weakref__",)

    @abstractmethod
    def take(self) -> SessionObservationEvent | None:
        """The next event if it is there already, else None. Never waits.

        Raises:
            SubscriberLagged: exactly `count` events were trimmed before they were taken; the
                subscription goes on with the oldest retained one.
            SubscriptionClosed: the session was forgotten. Its events went with it, so this comes
                at once, whatever was not taken yet.
        """

    @abstractmethod
    def ready(self) -> bool:
        """Whether `take` has something to give or to raise."""

    @abstractmethod
    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called, in any thread, when `ready` may have become true.

        It must be quick, not block and not raise. Returns the call that ends it.
        """

    async def next_event(self) -> SessionObservationEvent:
        """The next event, waited for. A cancelled call loses nothing.

        Raises:
            SubscriberLagged: as `take`.
            SubscriptionClosed: as `take`.
        """
        # No await between taking and returning: a cancellation finds either nothing taken yet
        # or the event already in the caller's hands.
        while (event := self.take()) is None:
            await wakeup.until(self.watch, self.ready)
        return event

    def __aiter__(self) -> LiveReplaySubscription:
        return self

    async def __anext__(self) -> SessionObservationEvent:
        """As `next_event`, errors included: a stream that ends says why."""
        return await self.next_event()


class RingSubscription(LiveReplaySubscription):
    """A subscription to a session of an `InMemoryLiveReplayStore`."""

    __slots__ = ("_after", "_ring", "_session_id", "_store")

    def __init__(
        self, store: InMemoryLiveReplayStore, session_id: str, ring: Ring, after: int
    ) -> None:
        self._store = store
        self._session_id = session_id
        self._ring = ring
        self._after = after if ring.born else -1
        """n of the last event taken; -1 until the session is born, at a place unknown before."""

    def take(self) -> SessionObservationEvent | None:
        """The next event if it is there already; see the base class."""
        with self._store.lock:
            ring = self._ring
            if ring.closed:
                raise SubscriptionClosed
            if not ring.born:
                return None
            if self._after < 0:
                self._after = ring.start
            if self._after == ring.tail:
                return None
            self._store.trim_session(self._session_id)
            if self._after + 1 < ring.first:
                count = ring.first - 1 - self._after
                self._after = ring.first - 1
                raise SubscriberLagged(count)
            self._after += 1
            frame = ring.frame(self._after)
        return self._store.codec.decode(frame)

    def ready(self) -> bool:
        """Whether there is an event, a lag or an end to be told."""
        with self._store.lock:
            ring = self._ring
            if ring.closed or not ring.born:
                return ring.closed
            return ring.tail > (ring.start if self._after < 0 else self._after)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See the base class."""
        return self._store.watch(self._session_id, callback)
