"""The laws that any replay store keeps, kept by ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.laws import LiveReplayStoreLaws

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.session.store import LiveReplayStore


class TestInMemoryLiveReplayStore(LiveReplayStoreLaws):
    """All of them."""

    def make_store(
        self, max_events: int, max_age: float, clock: Callable[[], float], incarnation: int
    ) -> LiveReplayStore:
        """The store of a process."""
        return InMemoryLiveReplayStore.with_bounds(
            max_events, max_age, clock=clock, incarnation=incarnation
        )
