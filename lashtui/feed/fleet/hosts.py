"""The lists of several machines as one fleet: a feed for each, rows under their host's name.

A host that can't be reached keeps its rows as they were then, and is tried again as a lost daemon
is: by itself, without holding up the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lashd.address import FAR_APART
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.worker import FleetFeed, Follow

if TYPE_CHECKING:
    from anyio.abc import TaskGroup


class HostFeeds(FleetFeed):
    """The feed of this machine's daemon, which has those of other hosts beside it.

    Args:
        hosts: the others, name to address.
    """

    def __init__(
        self,
        socket_path: str | Path,
        hosts: Mapping[str, str],
        *,
        host: str = "",
        start: Callable[[str], object] | None = None,
        restart: str = "",
        follow: Follow | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            socket_path, host=host, start=start, restart=restart, follow=follow, clock=clock
        )
        self._far = {
            name: FleetFeed(address, host=name, follow=follow, fleet=self.fleet, clock=clock)
            for name, address in hosts.items()
        }
        self._tasks: TaskGroup | None = None
        """Runs while they are followed."""
        for feed in self._far.values():
            feed.listeners.append(self._tell)

    @property
    def hosts(self) -> Sequence[str]:
        """The other hosts, in the order of the configuration."""
        return tuple(self._far)

    @property
    def unseen(self) -> frozenset[str]:
        """Those of other machines of which nothing is heard at present, one that is watched alone
        included: what their sessions need or do by now nobody here knows."""
        feeds = [*self._far.values(), *([self] if self.host else ())]
        return frozenset(feed.host for feed in feeds if not feed.connection.is_seen)

    def follows(self, host: str) -> bool:
        """Whether whatever happens to a session of `host` is heard of here."""
        far = self._far.get(host)
        return super().follows(host) if far is None else far.is_followed

    def connection_of(self, host: str) -> ConnectionStatus:
        """The connection that sessions of `host` are heard of by."""
        return self._far.get(host, self).connection

    def problem_of(self, host: str) -> str:
        """Why its list can't be had; empty while it can."""
        far = self._far.get(host)
        return super().problem_of(host) if far is None else far.problem_of(host)

    async def run(self) -> None:
        """Follow all of them until cancelled."""
        import anyio

        async def begin(feed: FleetFeed, number: int) -> None:
            await anyio.sleep(number * FAR_APART)
            await feed.run()

        async with anyio.create_task_group() as group:
            self._tasks = group
            try:
                for number, feed in enumerate(self._far.values(), 1):
                    group.start_soon(begin, feed, number)
                await super().run()
            finally:
                self._tasks = None

    def retry_now(self) -> None:
        """Try to connect at once, to each that isn't there."""
        super().retry_now()
        if self._tasks is not None:
            self._tasks.start_soon(self._retry_far)

    async def _retry_far(self) -> None:
        import anyio

        for feed in self._far.values():
            if feed.connection.retry_at is not None:
                feed.retry_now()
                await anyio.sleep(FAR_APART)
