"""The lists of several machines as one fleet: a feed for each, rows under their host's name.

A host that can't be reached keeps its rows as they were then, and is tried again as a lost daemon
is: by itself, without holding up the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.rows import Fleet, RowChange
from lashtui.feed.fleet.worker import FleetFeed, Listener

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

STAGGER: Final = 0.05
"""Seconds between the attempts of two hosts, at first or when a person wants them: fifty of them
start an ssh each."""


class HostFeeds:
    """What `FleetFeed` is to one daemon, to this machine's and those of other hosts.

    What it says of the connection is said of this machine's; of the others, `connection_of`.

    Args:
        near: this machine's.
        far: those of the others, which share its fleet.
    """

    def __init__(self, near: FleetFeed, far: Sequence[FleetFeed]) -> None:
        self.near = near
        self.far = {feed.host: feed for feed in far}
        self.fleet: Fleet = near.fleet
        self.connection: ConnectionStatus = near.connection
        self.host = near.host
        self.listeners: list[Listener] = []
        self._tasks: TaskGroup | None = None
        """Runs while they are followed."""
        for feed in (near, *far):
            feed.listeners.append(self._tell)

    @property
    def problem(self) -> str:
        """Why this machine's list can't be had; empty while it can."""
        return self.near.problem

    @property
    def is_too_old(self) -> bool:
        """Whether this machine's daemon has no such list."""
        return self.near.is_too_old

    @property
    def is_starting(self) -> bool:
        """Whether it is starting a daemon here."""
        return self.near.is_starting

    @property
    def is_followed(self) -> bool:
        """Whether whatever happens to a session here is heard of."""
        return self.near.is_followed

    @property
    def news(self) -> str:
        """As of this machine's feed."""
        return self.near.news

    @property
    def unseen(self) -> frozenset[str]:
        """Those of the others of which nothing is heard at present: what their sessions need or do
        by now nobody here knows."""
        return frozenset(host for host, feed in self.far.items() if not feed.connection.is_seen)

    def follows(self, host: str) -> bool:
        """Whether whatever happens to a session of `host` is heard of."""
        return self._feed(host).is_followed

    def connection_of(self, host: str) -> ConnectionStatus:
        """The connection to it."""
        return self._feed(host).connection

    def problem_of(self, host: str) -> str:
        """Why its list can't be had; empty while it can."""
        feed = self._feed(host)
        return feed.problem or feed.connection.reason

    @property
    def hosts(self) -> Sequence[str]:
        """The other hosts, in the order of the configuration."""
        return tuple(self.far)

    def _feed(self, host: str) -> FleetFeed:
        return self.far.get(host, self.near)

    async def run(self) -> None:
        """Follow all of them until cancelled."""
        import anyio

        async def begin(feed: FleetFeed, number: int) -> None:
            await anyio.sleep(number * STAGGER)
            await feed.run()

        async with anyio.create_task_group() as group:
            self._tasks = group
            try:
                for number, feed in enumerate((self.near, *self.far.values())):
                    group.start_soon(begin, feed, number)
                await anyio.sleep_forever()
            finally:
                self._tasks = None

    def retry_now(self) -> None:
        """Try to connect at once, to each that isn't there."""
        lost = [f for f in (self.near, *self.far.values()) if f.connection.retry_at is not None]
        if self._tasks is not None:
            self._tasks.start_soon(self._retry, lost)

    async def _retry(self, lost: Sequence[FleetFeed]) -> None:
        import anyio

        for feed in lost:
            if feed.connection.retry_at is not None:
                feed.retry_now()
                await anyio.sleep(STAGGER)

    def _tell(self, changes: list[RowChange]) -> None:
        for listener in tuple(self.listeners):
            listener(changes)
