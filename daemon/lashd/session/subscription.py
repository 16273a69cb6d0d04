"""Following a session: what is there after a cursor, then what comes, each event once.

A subscription is just a position: it has no queue and costs the store nothing. A slow one is served
from the ring until the ring has moved past it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from lashd.session.wakeup import wait_for_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.session.events import SessionObservationEvent


class LiveReplaySubscription(ABC):
    """Events after a cursor: first those retained, then live ones; none twice, none missing.

    One reader at a time. A store of another kind implements `take`, `ready` and `on_change`.
    """

    __slots__ = ("__weakref__",)

    @abstractmethod
    def take(self) -> SessionObservationEvent | None:
        """The next event if it is there already, else None. Never waits.

        Raises:
            SubscriberLagged: exactly `count` events were trimmed before they were taken; the
                subscription continues with the oldest retained one.
            SubscriptionClosed: the session was forgotten. Its events went with it, so this comes
                at once, whatever was not taken yet.
        """

    @abstractmethod
    def ready(self) -> bool:
        """Whether `take` has something to give or to raise."""

    @abstractmethod
    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
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
            await wait_for_change(self.on_change, self.ready)
        return event

    def __aiter__(self) -> LiveReplaySubscription:
        return self

    async def __anext__(self) -> SessionObservationEvent:
        """As `next_event`, errors included: a stream that ends says why."""
        return await self.next_event()
