"""Asking for a session before there is an app."""

from __future__ import annotations

import socket
import tempfile
import threading
from pathlib import Path

import anyio
import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.limits import DaemonLimits
from lashd.view import ReadView
from lashtui.app.app import LashApp
from lashtui.feed.connection import ConnectionState
from lashtui.feed.prefetch import Prefetch
from lashtui.feed.worker import Feed, Refusal
from tests.tui.daemons import PATIENCE, SMALL, publisher, say
from tests.tui.screen_text import until_shown
from tests.waiting import wait_until


@pytest.fixture
def daemon_limits() -> DaemonLimits:
    """Bounds so small that the daemon trims at once."""
    return SMALL


def test_it_brings_the_snapshot_and_where_it_goes_on(daemon: EmbeddedDaemon) -> None:
    """Everything that was there at the attach, typed, and what the reader's cursor can still do."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "long " * 5000, "a")
        cursor = daemon_cursor(daemon)
        say(opened, "and more", "a")
        prefetch = Prefetch(daemon.socket_path, "build", lambda: cursor)
        found = prefetch.take()
        assert [record["type"] for record in found.records] == ["attached", "observation", "synced"]
        view = found.records[1]["read_view"]
        assert isinstance(view, ReadView)
        assert (view.entries[-1].text or "").endswith("and more")
        assert found.report is not None
        assert found.report["resumable"]
        assert found.attachment.state == "live"
        say(opened, ", later", "a")
        later = found.attachment.read(PATIENCE)
        assert [record["activity"]["text"] for record in later] == [", later"]
        found.attachment.close()


def daemon_cursor(daemon: EmbeddedDaemon) -> str:
    """Where `build` stands."""
    from lashd.client.blocking import Client

    with Client(daemon.socket_path) as client:
        return str(client.show("build")["cursor"])


def test_a_failure_is_raised_each_time_one_asks(daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """No session, no daemon: as the app's own client would have raised it."""
    prefetch = Prefetch(daemon.socket_path, "nobody")
    for _ in range(2):
        with pytest.raises(RequestRefused) as refused:
            prefetch.take()
        assert refused.value.code == "no_session"
    with pytest.raises(ConnectionFailed):
        Prefetch(str(tmp_path / "none.sock"), "build").take()


def test_text_that_is_no_cursor_is_a_first_visit(daemon: EmbeddedDaemon) -> None:
    """Refused by the daemon, and shown without a divider."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        found = Prefetch(daemon.socket_path, "build", lambda: "lashsc1:x:y:build").take()
        assert found.report is None
        found.attachment.close()


async def test_the_feed_goes_on_from_it_without_a_break(daemon: EmbeddedDaemon) -> None:
    """Nothing is lost or shown twice between the thread's connection and the loop's."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "0", "a")
        prefetch = Prefetch(daemon.socket_path, "build")
        await anyio.to_thread.run_sync(prefetch.wait)
        say(opened, " 1", "a")
        feed = Feed(daemon.socket_path, "build", cursor=None, prefetch=prefetch)
        feed.begin()
        assert feed.state.connection.state is ConnectionState.LIVE
        assert text_of(feed) == "0"
        whole = anyio.Event()
        feed.on_change = lambda: whole.set() if text_of(feed) == "0 1 2 3 4 5" else None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed.run)
            for number in range(2, 6):
                say(opened, f" {number}", "a")
            with anyio.fail_after(PATIENCE):
                await whole.wait()
            tasks.cancel_scope.cancel()
        assert text_of(feed) == "0 1 2 3 4 5"


def text_of(feed: Feed) -> str:
    """The last row's text."""
    view = feed.state.view
    return (view.entries[-1].text or "") if view is not None else ""


async def test_a_refusal_ends_the_feed_as_ever(daemon: EmbeddedDaemon) -> None:
    """`begin` shows nothing, and the worker reports why."""
    refusals: list[Refusal] = []
    prefetch = Prefetch(daemon.socket_path, "nobody")
    await anyio.to_thread.run_sync(prefetch.wait)
    feed = Feed(daemon.socket_path, "nobody", prefetch=prefetch, on_refusal=refusals.append)
    feed.begin()
    assert feed.state.view is None
    await feed.run()
    assert [refusal.code for refusal in refusals] == [4]


async def test_history_is_in_the_first_picture(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrived while Textual was imported: no connection of the app's loop is needed for it."""
    connect = anyio.Event()
    run = Feed.run

    async def run_when_let(feed: Feed) -> None:
        await connect.wait()
        await run(feed)

    monkeypatch.setattr(Feed, "run", run_when_let)
    with publisher(daemon.socket_path) as opened:
        say(opened, "said before", "a")
        prefetch = Prefetch(daemon.socket_path, "build")
        await anyio.to_thread.run_sync(prefetch.wait)
        app = LashApp(daemon.socket_path, "build", prefetch=prefetch, start_daemon=False)
        async with app.run_test(size=(80, 20)) as pilot:
            await until_shown(pilot, "said before", "● connected")
            say(opened, " and after", "a")
            connect.set()
            await until_shown(pilot, "said before and after", "● connected")


async def test_a_prefetch_that_takes_long_is_not_waited_for(daemon: EmbeddedDaemon) -> None:
    """The screen is there at once, and the history is shown when it arrives."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "said before", "a")
        go = threading.Event()

        def cursor() -> None:
            go.wait(PATIENCE)

        prefetch = Prefetch(daemon.socket_path, "build", cursor)
        app = LashApp(daemon.socket_path, "build", prefetch=prefetch, start_daemon=False)
        async with app.run_test(size=(80, 20)) as pilot:
            await until_shown(pilot, "○ connecting")
            assert not prefetch.is_done
            go.set()
            await until_shown(pilot, "said before", "● connected")


async def test_it_is_waited_for_no_longer_than_asked(daemon: EmbeddedDaemon) -> None:
    """An answer ends the wait; a daemon that hangs does not hold it up."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        prefetch = Prefetch(daemon.socket_path, "build")
        await prefetch.wait_for(30.0)
        assert prefetch.is_done
        prefetch.take().attachment.close()
    with socket.socket(socket.AF_UNIX) as silent, tempfile.TemporaryDirectory() as directory:
        silent.bind(f"{directory}/s")
        silent.listen()
        hanging = Prefetch(f"{directory}/s", "build")
        await hanging.wait_for(0.01)
        assert not hanging.is_done


def test_what_was_prefetched_and_not_used_is_hung_up(daemon: EmbeddedDaemon) -> None:
    """A session that is closed before it is watched has no viewer left."""
    with publisher(daemon.socket_path) as opened, Client(daemon.socket_path) as client:
        say(opened, "one", "a")
        prefetch = Prefetch(daemon.socket_path, "build")
        feed = Feed(daemon.socket_path, "build", prefetch=prefetch)
        wait_until(lambda: client.list()[0]["viewers"] == 1)
        prefetch.wait()
        feed.begin()
        feed.close()
        wait_until(lambda: client.list()[0]["viewers"] == 0)
