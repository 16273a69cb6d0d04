"""The feed on a real daemon, without a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import Usage
from lashd.view import Entry, ReadView
from lashtui.feed.connection import ConnectionState
from lashtui.feed.gaps import GapFacts
from lashtui.feed.pace import FRAME
from lashtui.feed.worker import Feed, Refusal
from lashtui.saved.cursors import SavedCursors
from tests.tui.daemons import PATIENCE, SMALL, publisher, say
from tests.waiting import wait_until_async

DEADLINE = 15.0
"""Seconds until a condition counts as never met."""


@pytest.fixture
def socket_path() -> Iterator[str]:
    """A path for daemons that come and go."""
    with EmbeddedDaemon() as place:
        yield place.socket_path + "2"


@pytest.fixture
def saved(tmp_path: Path) -> SavedCursors:
    """Saved cursors of this test's own."""
    return SavedCursors(tmp_path / "cursors")


@asynccontextmanager
async def running(feed: Feed) -> AsyncIterator[None]:
    """The feed's worker, cancelled at the end."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.run)
        yield
        tasks.cancel_scope.cancel()


def texts(feed: Feed) -> list[str]:
    """The text of each row."""
    view = feed.state.view
    return [] if view is None else [entry.text or "" for entry in view.entries]


async def test_snapshot_then_live(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """What was there, then what comes; the worker reports each change."""
    calls: list[ConnectionState] = []
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        feed.on_change = lambda: calls.append(feed.state.connection.state)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            say(opened, " more", "a")
            await wait_until_async(lambda: texts(feed) == ["one more"])
    assert ConnectionState.LIVE in calls


async def test_one_read_a_frame_loses_nothing(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """What comes while the feed waits for the next frame is taken in by one read, in order; the
    first word after a silence is there at once."""
    waits: list[float] = []
    frame = anyio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await frame.wait()

    changes: list[str] = []
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved, sleep=sleep)
        feed.on_change = lambda: changes.append("".join(texts(feed)))
        async with running(feed):
            await wait_until_async(lambda: bool(waits))
            first = len(changes)
            for number in range(20):
                say(opened, f" {number}", "a")
            assert opened.flush(PATIENCE)
            assert len(changes) == first
            frame.set()
            wanted = "one" + "".join(f" {number}" for number in range(20))
            await wait_until_async(lambda: changes[-1] == wanted)
            assert len(changes) == first + 1
    assert set(waits) == {FRAME}


async def test_saved_cursor_is_forward_and_at_the_reader_s_place(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """`save` writes how far was read, which is nothing before the end was seen; what came after
    that is new to the next feed."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            feed.save()
            assert saved.get("build") is None
            feed.state.mark_read()
            read_to = feed.state.cursor
            say(opened, "two", "b")
            await wait_until_async(lambda: texts(feed) == ["one", "two"])
        feed.save()
        assert saved.get("build") == read_to != feed.state.cursor
        again = Feed(daemon.socket_path, "build", saved=saved)
        async with running(again):
            await wait_until_async(lambda: again.state.connection.state is ConnectionState.LIVE)
        assert again.state.missed.new_since is not None
        assert again.state.missed.new_since.entries == 1
        assert again.state.missed.gap is None


async def test_saved_cursor_is_written_while_live(
    daemon: EmbeddedDaemon, saved: SavedCursors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that is killed costs a moment, not the place."""
    monkeypatch.setattr("lashtui.feed.worker.SAVE_EVERY", 0.01)
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            feed.state.mark_read()
            await wait_until_async(lambda: saved.get("build") == feed.state.cursor)
            say(opened, "two", "b")
            await wait_until_async(lambda: texts(feed) == ["one", "two"])
            feed.state.mark_read()
            await wait_until_async(lambda: saved.get("build") == feed.state.cursor)


async def test_a_place_that_could_not_be_kept_is_tried_again(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """The notice lasts as long as the failure, and no longer."""
    directory = tmp_path / "cursors"
    directory.write_text("in the way")
    saved = SavedCursors(directory)
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: texts(feed) == ["one"])
            feed.state.mark_read()
            feed.save()
            assert feed.state.notice is not None
            assert "can't be saved" in feed.state.notice
            directory.unlink()
            feed.save()
            assert feed.state.notice is None
            assert saved.get("build") == feed.state.read_to


async def test_trimmed_place_is_known_with_its_number(saved: SavedCursors) -> None:
    """The daemon says how many events between the saved cursor and now are gone."""
    with EmbeddedDaemon(limits=SMALL) as daemon, publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            feed.state.mark_read()
        feed.save()
        for n in range(20):
            opened.publish(Usage(usage={"n": n}))
        say(opened, "two", "b")
        again = Feed(daemon.socket_path, "build", saved=saved)
        async with running(again):
            await wait_until_async(lambda: again.state.connection.state is ConnectionState.LIVE)
        gap = again.state.missed.gap
        assert gap is not None
        assert gap == GapFacts("trimmed", 13, True, from_at=gap.from_at, to_at=gap.to_at)
        assert gap.from_at is not None
        assert gap.to_at is not None
        assert gap.from_at <= gap.to_at
        assert texts(again) == ["one", "two"]


async def test_stopped_daemon_is_said_and_its_successor_found(
    socket_path: str, saved: SavedCursors
) -> None:
    """It keeps trying, retries at once when asked to, and never starts a daemon itself."""
    first = EmbeddedDaemon(socket_path=socket_path)
    first.start()
    with publisher(socket_path) as opened:
        say(opened, "one", "a")
        feed = Feed(socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            await anyio.to_thread.run_sync(first.stop)
            await wait_until_async(lambda: feed.state.connection.retry_at is not None)
            assert feed.state.connection.text().startswith("disconnected: the daemon was stopped")
            with EmbeddedDaemon(socket_path=socket_path):
                feed.retry_now()
                await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
                say(opened, "two", "b")
                await wait_until_async(lambda: texts(feed) == ["one", "two"])
                assert feed.state.missed.gap == GapFacts(
                    "unavailable", None, complete=True, restarted=True
                )


async def test_what_cannot_be_shown_is_refused_once(saved: SavedCursors) -> None:
    """No such session: 4. No daemon: 5. Each with a sentence, and the worker ends."""
    refusals: list[Refusal] = []
    with EmbeddedDaemon() as daemon:
        gone = daemon.socket_path + "x"
        for path in (daemon.socket_path, gone):
            feed = Feed(path, "build", saved=saved, on_refusal=refusals.append)
            with anyio.fail_after(DEADLINE):
                await feed.run()
    assert [refusal.code for refusal in refusals] == [4, 5]
    assert "build" in refusals[0].message
    assert gone in refusals[1].message


async def test_waiting_outlasts_a_missing_daemon(socket_path: str, saved: SavedCursors) -> None:
    """With `wait` neither a missing daemon nor a missing session is an end."""
    feed = Feed(socket_path, "build", wait=True, saved=saved)
    async with running(feed):
        await wait_until_async(lambda: feed.state.connection.state is ConnectionState.RECONNECTING)
        with EmbeddedDaemon(socket_path=socket_path):
            feed.retry_now()
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.WAITING)
            assert feed.state.connection.text() == "waiting for build to appear"
            with publisher(socket_path) as opened:
                say(opened, "here", "a")
                await wait_until_async(lambda: texts(feed) == ["here"])


async def test_removed_session_is_said(saved: SavedCursors) -> None:
    """Forgotten: the view stays, the connection is called what it is."""
    from lashd.client.blocking import Client

    with EmbeddedDaemon() as daemon:
        with publisher(daemon.socket_path) as opened:
            say(opened, "one", "a")
            opened.end("success")
        feed = Feed(daemon.socket_path, "build", saved=saved)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            with Client(daemon.socket_path) as client:
                await anyio.to_thread.run_sync(lambda: client.remove("build", force=True))
            await wait_until_async(
                lambda: feed.state.connection.state is ConnectionState.DISCONNECTED
            )
            assert "removed" in feed.state.connection.text()
            assert "one" in texts(feed)
            feed.retry_now()
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.WAITING)
            assert (
                feed.state.connection.text() == "session was removed; will reconnect if it returns"
            )
            assert feed.state.connection.is_gone
            assert not feed.state.ticks, "no countdown that has ended"
            assert "one" in texts(feed)
            with publisher(daemon.socket_path) as opened:
                say(opened, "two", "b")
                await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
                assert not feed.state.connection.is_gone
                await wait_until_async(lambda: "two" in texts(feed))


async def test_a_new_daemon_without_the_session_is_said(socket_path: str) -> None:
    """It answers, so nothing reconnects; and when the session comes it is shown."""
    daemon = EmbeddedDaemon(socket_path=socket_path)
    daemon.start()
    with publisher(socket_path) as opened:
        say(opened, "one", "a")
        opened.end("success")
    feed = Feed(socket_path, "build", cursor=None)
    async with running(feed):
        await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
        await anyio.to_thread.run_sync(daemon.stop)
        with EmbeddedDaemon(socket_path=socket_path):
            feed.retry_now()
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.WAITING)
            assert (
                feed.state.connection.text()
                == "session no longer on the daemon; will reconnect if it returns"
            )
            with publisher(socket_path) as opened:
                say(opened, "two", "b")
                await wait_until_async(lambda: texts(feed) == ["two"])
                assert feed.state.connection.state is ConnectionState.LIVE


async def test_a_commit_with_its_own_view_is_no_gap(daemon: EmbeddedDaemon) -> None:
    """The view replaces what was settled: nothing was missed, so no banner says so."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "as it was streamed", "a")
        feed = Feed(daemon.socket_path, "build", cursor=None)
        async with running(feed):
            await wait_until_async(lambda: feed.state.connection.state is ConnectionState.LIVE)
            for turn in range(3):
                committed = ReadView("build", entries=[Entry("prose", "a", 1, text=f"turn {turn}")])
                opened.commit(read_view=committed.to_wire())
                assert opened.flush(10)
                wanted = f"turn {turn}"
                await wait_until_async(lambda wanted=wanted: wanted in texts(feed))  # type: ignore[misc]
            assert feed.state.missed.gap is None
            assert not feed.state.missed.dividers
