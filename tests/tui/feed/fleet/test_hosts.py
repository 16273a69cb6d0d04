"""Several machines in one fleet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from lashd.errors import ConnectionFailed
from lashtui.feed.fleet.hosts import HostFeeds
from lashtui.feed.fleet.rows import RowChange
from lashtui.saved.session_key import SessionKey
from tests.tui.feed.fleet.fleet_stream import SNAPSHOT, FakeDaemon, FakeStream, row, synced
from tests.waiting import wait_until_async


def three(
    near: FakeDaemon, box: FakeDaemon, lab: FakeDaemon, clock: Callable[[], float] = lambda: 0.0
) -> HostFeeds:
    """This machine, and two others."""
    daemons = {"/near": near, "ssh://box": box, "ssh://lab": lab}

    def follow(address: str, position: str | None) -> FakeStream:
        return daemons[address].follow(address, position)

    hosts = {"box": "ssh://box", "lab": "ssh://lab"}
    return HostFeeds("/near", hosts, follow=follow, clock=clock)


@asynccontextmanager
async def running(feeds: HostFeeds) -> AsyncIterator[list[RowChange]]:
    """All of them, and what they told."""
    told: list[RowChange] = []
    feeds.listeners.append(told.extend)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feeds.run)
        yield told
        tasks.cancel_scope.cancel()


async def test_sessions_of_one_name_on_two_machines() -> None:
    """Two rows; each host's list says what there is on it, and nothing of the others."""
    daemons = FakeDaemon(), FakeDaemon(), FakeDaemon()
    feeds = three(*daemons)
    async with running(feeds) as told:
        await wait_until_async(lambda: all(daemon.streams for daemon in daemons))
        for daemon in daemons:
            daemon.streams[0].send(SNAPSHOT, row("build"), synced())
        await wait_until_async(lambda: len(feeds.fleet.rows) == 3)
        assert set(feeds.fleet.rows) == {SessionKey(host, "build") for host in ("", "box", "lab")}
        await wait_until_async(lambda: all(map(feeds.follows, ("", "box", "lab"))))
        daemons[1].streams[0].send(row("build", state="waiting"))
        await wait_until_async(lambda: any(change.live for change in told))
        assert [change.key.host for change in told if change.live] == ["box"]


async def test_one_that_is_lost_takes_nothing_from_the_others() -> None:
    """Its rows stay, and nothing that happens there is taken for heard of."""
    near, box, lab = FakeDaemon(), FakeDaemon(), FakeDaemon()
    now = [0.0]
    feeds = three(near, box, lab, lambda: now[0])
    async with running(feeds):
        await wait_until_async(lambda: all(daemon.streams for daemon in (near, box, lab)))
        for daemon in (near, box, lab):
            daemon.streams[0].send(SNAPSHOT, row("build"), synced())
        await wait_until_async(lambda: all(map(feeds.follows, feeds.hosts)))
        box.streams[0].send({"type": "disconnected", "reason": "cut", "retry_in": 5.0})
        await wait_until_async(lambda: not feeds.follows("box"))
        now[0] = 90.0
        assert feeds.follows("lab")
        assert feeds.is_followed
        assert feeds.connection_of("box").stale_for == 90.0
        assert feeds.connection_of("lab").stale_for is None
        assert SessionKey("box", "build") in feeds.fleet.rows


async def test_one_that_was_never_reached() -> None:
    """Says why, and is tried again when the person asks."""
    near, lab = FakeDaemon(), FakeDaemon()
    box = FakeDaemon(ConnectionFailed("ssh://box can't be reached: no route"))
    feeds = three(near, box, lab)
    async with running(feeds):
        await wait_until_async(lambda: bool(feeds.problem_of("box")))
        assert feeds.problem_of("box") == "ssh://box can't be reached: no route"
        assert feeds.problem == ""
        feeds.retry_now()
        await wait_until_async(lambda: bool(box.streams))
        box.streams[0].send(SNAPSHOT, synced())
        await wait_until_async(lambda: feeds.follows("box"))
        assert feeds.problem_of("box") == ""


async def test_a_host_that_is_watched_alone_is_another_machine() -> None:
    """While nothing is heard of it, nobody knows what its sessions need either."""
    box = FakeDaemon()

    def follow(address: str, position: str | None) -> FakeStream:
        return box.follow(address, position)

    feeds = HostFeeds("ssh://box", {}, host="box", follow=follow, clock=lambda: 0.0)
    async with running(feeds):
        await wait_until_async(lambda: bool(box.streams))
        box.streams[0].send(SNAPSHOT, row("build", state="waiting"), synced())
        await wait_until_async(lambda: feeds.unseen == frozenset())
        box.streams[0].send({"type": "disconnected", "reason": "gone", "retry_in": 5.0})
        await wait_until_async(lambda: feeds.unseen == {"box"})
