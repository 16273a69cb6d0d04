"""The list of a daemon, followed for the app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from lashd.daemon import EmbeddedDaemon
from lashd.errors import HOW_TO_START, ConnectionFailed, LifecycleError, VersionMismatch
from lashd.events import Waiting
from lashtui.feed.connection import ConnectionState
from lashtui.feed.fleet.rows import RowChange
from lashtui.feed.fleet.worker import FleetFeed
from tests.tui.daemons import publisher
from tests.tui.feed.fleet.fleet_stream import REPLAY, SNAPSHOT, FakeDaemon, row, synced
from tests.tui.feed.fleet.rows import key
from tests.waiting import wait_until_async


@asynccontextmanager
async def running(feed: FleetFeed) -> AsyncIterator[list[list[RowChange]]]:
    """The worker, and what it told; cancelled at the end."""
    told: list[list[RowChange]] = []
    feed.listeners.append(told.append)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.run)
        yield told
        tasks.cancel_scope.cancel()


def feed_of(daemon: FakeDaemon, **options: Any) -> FleetFeed:
    """A feed of a scripted daemon."""
    return FleetFeed("/nowhere", follow=daemon.follow, **options)


async def test_what_was_there_then_what_happens() -> None:
    """Listeners hear of both; only what comes after the list was whole has just happened."""
    daemon = FakeDaemon()
    feed = feed_of(daemon)
    async with running(feed) as told:
        await wait_until_async(lambda: bool(daemon.streams))
        stream = daemon.streams[0]
        assert feed.connection.text() == "connecting"
        stream.send(SNAPSHOT, row("a"))
        await wait_until_async(lambda: key("a") in feed.fleet.rows)
        assert feed.connection.text() == "catching up"
        assert not feed.is_followed
        stream.send(synced())
        await wait_until_async(lambda: feed.is_followed)
        stream.send(row("a", state="waiting"))
        await wait_until_async(lambda: len(told) == 3)
    assert [[change.live for change in changes] for changes in told] == [[False], [], [True]]


async def test_a_lost_connection_is_shown_and_what_was_missed_caught_up() -> None:
    """The client tries again by itself: its rows stay, and what it brings is no news."""
    daemon = FakeDaemon()
    feed = feed_of(daemon)
    async with running(feed) as told:
        await wait_until_async(lambda: bool(daemon.streams))
        stream = daemon.streams[0]
        stream.send(SNAPSHOT, row("a"), row("b"), synced())
        await wait_until_async(lambda: feed.is_followed)
        stream.send({"type": "disconnected", "reason": "gone", "retry_in": 5.0})
        await wait_until_async(lambda: not feed.is_followed)
        assert feed.connection.text().startswith("reconnecting in")
        assert set(feed.fleet.rows) == {key("a"), key("b")}
        feed.retry_now()
        assert stream.retries == 1
        # As the client says it: no second `following`.
        stream.send({"type": "reconnected", "served": "snapshot"}, row("a", state="waiting"))
        await wait_until_async(lambda: feed.fleet.rows[key("a")].state == "waiting")
        assert set(feed.fleet.rows) == {key("a"), key("b")}
        stream.send(synced("p2"))
        await wait_until_async(lambda: feed.is_followed)
        assert set(feed.fleet.rows) == {key("a")}
    assert not any(change.live for changes in told for change in changes if change.after)


async def test_it_begins_again_where_the_list_was_whole() -> None:
    """After the stream's end, from the last position; one in the middle of a snapshot is none."""
    daemon = FakeDaemon()
    feed = feed_of(daemon)
    async with running(feed):
        await wait_until_async(lambda: bool(daemon.streams))
        first = daemon.streams[0]
        first.send(SNAPSHOT, {**row("a"), "position": "p9"}, synced("p10"))
        first.send({**row("a", state="waiting"), "position": "p11"})
        first.send({"type": "end", "reason": "stopped"})
        first.send()
        await wait_until_async(lambda: feed.connection.state is ConnectionState.DISCONNECTED)
        assert "the daemon was stopped" in feed.connection.text()
        feed.retry_now()
        await wait_until_async(lambda: len(daemon.streams) == 2)
        second = daemon.streams[1]
        second.send({**REPLAY, "position": "p11"}, {**row("a"), "position": "p12"})
        second.fail(ConnectionFailed("lost"))
        await wait_until_async(lambda: feed.connection.retry_at is not None)
        feed.retry_now()
        await wait_until_async(lambda: len(daemon.streams) == 3)
    assert daemon.positions == [None, "p11", "p11"]


async def test_a_daemon_that_hangs_is_shown_as_such() -> None:
    """A batch without records says since when nothing was heard."""
    daemon = FakeDaemon()
    feed = feed_of(daemon, clock=lambda: 108.0)
    async with running(feed):
        await wait_until_async(lambda: bool(daemon.streams))
        daemon.streams[0].send(SNAPSHOT, synced())
        await wait_until_async(lambda: feed.is_followed)
        daemon.streams[0].silent_since = 100.0
        daemon.streams[0].send()
        await wait_until_async(lambda: feed.connection.silent_since is not None)
        assert feed.connection.text() == "daemon not responding for 8 s"


async def test_a_daemon_is_started_once() -> None:
    """The first time that none runs; one that stops later is left stopped."""
    started: list[str] = []
    daemon = FakeDaemon(ConnectionFailed("none"))
    feed = feed_of(daemon, start=started.append)
    async with running(feed):
        await wait_until_async(lambda: bool(daemon.streams))
        assert started == ["/nowhere"]
        daemon.streams[0].fail(ConnectionFailed("gone"))
        await wait_until_async(lambda: feed.connection.retry_at is not None)
    assert started == ["/nowhere"]


async def test_a_daemon_that_can_not_be_started_is_explained() -> None:
    """The reason is in the connection's words, and an attempt follows."""

    def start(_path: str) -> None:
        raise LifecycleError("no room")

    feed = feed_of(FakeDaemon(ConnectionFailed("none")), start=start)
    async with running(feed):
        await wait_until_async(lambda: feed.connection.retry_at is not None)
        assert feed.connection.text().startswith("reconnecting in")


async def test_how_a_missing_daemon_is_started_is_said() -> None:
    """By the command that brings this one back."""
    missing = ConnectionFailed(f"none at /s ({HOW_TO_START})")
    feed = feed_of(FakeDaemon(missing), restart="lashtui demo")
    async with running(feed):
        await wait_until_async(lambda: feed.connection.retry_at is not None)
        assert feed.problem == "none at /s (start it again with `lashtui demo`)"


async def test_an_older_daemon_is_no_crash() -> None:
    """It is said in words, and tried again: it may be restarted."""
    daemon = FakeDaemon(VersionMismatch("too old"))
    feed = feed_of(daemon)
    async with running(feed):
        await wait_until_async(lambda: feed.connection.retry_at is not None)
        assert not feed.is_followed
        assert feed.problem == "too old"
        assert feed.is_too_old
        feed.retry_now()
        await wait_until_async(lambda: bool(daemon.streams))
        daemon.streams[0].send(SNAPSHOT, synced())
        await wait_until_async(lambda: feed.is_followed)
        assert feed.problem == ""
        assert not feed.is_too_old


async def test_a_real_daemon_is_followed_across_its_restart() -> None:
    """Who waits is known within a moment; what the new daemon has is no news."""
    with EmbeddedDaemon() as place:
        path = place.socket_path + "2"
        feed = FleetFeed(path)
        async with running(feed) as told:
            with EmbeddedDaemon(socket_path=path), publisher(path) as opened:
                await wait_until_async(lambda: key("build") in feed.fleet.rows)
                feed.retry_now()
                await wait_until_async(lambda: feed.is_followed)
                opened.publish(Waiting("may I?"))
                await wait_until_async(lambda: feed.fleet.rows[key("build")].state == "waiting")
                assert told[-1][-1].live
            await wait_until_async(lambda: not feed.is_followed)
            assert feed.fleet.rows
            with EmbeddedDaemon(socket_path=path):
                feed.retry_now()
                await wait_until_async(lambda: feed.is_followed)
                assert not feed.fleet.rows


async def test_another_daemon_is_news_for_a_while() -> None:
    """With how many sessions it doesn't have so far; the same daemon is none."""
    now = 0.0
    daemon = FakeDaemon()
    feed = feed_of(daemon, clock=lambda: now)
    async with running(feed):
        await wait_until_async(lambda: bool(daemon.streams))
        stream = daemon.streams[0]
        stream.send({**SNAPSHOT, "position": "l:1:0"}, row("a"), row("b"), synced("l:1:5"))
        await wait_until_async(lambda: feed.is_followed)
        again = {"type": "reconnected", "served": "snapshot"}
        stream.send({**again, "position": "l:1:0"}, row("a"), row("b"), synced("l:1:6"))
        stream.send(row("c"))
        await wait_until_async(lambda: key("c") in feed.fleet.rows)
        assert feed.news == ""
        stream.send({**again, "position": "l:2:0"}, row("a"), synced("l:2:1"))
        await wait_until_async(lambda: key("b") not in feed.fleet.rows)
        assert feed.news == "the daemon was restarted; 2 sessions have not come back"
        stream.send(row("b"), row("c"))
        await wait_until_async(lambda: key("c") in feed.fleet.rows)
        assert feed.news == "the daemon was restarted"
        now = 60.0
        assert feed.news == ""
