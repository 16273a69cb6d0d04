"""What the preview attaches to, and for how long, on a real daemon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.view import SessionRow
from lashtui.feed.worker import Feed
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet import previewing
from lashtui.screens.fleet.previewing import PreviewFeeds, Previewing
from lashtui.widgets.preview.preview import Preview
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until, until_shown


class PreviewApp(App[None]):
    """A preview alone; `opened` has each feed that was made for it."""

    def __init__(self, socket_path: str) -> None:
        super().__init__()
        self.preview = Preview()
        self.opened: list[Feed] = []
        self.tabs: dict[str, Feed] = {}
        self._socket_path = socket_path
        self.previewing = Previewing(self.preview, PreviewFeeds(self._tab, self._new))

    def compose(self) -> ComposeResult:
        yield self.preview

    def _tab(self, key: SessionKey) -> Feed | None:
        return self.tabs.get(key.session_id)

    def _new(self, key: SessionKey) -> Feed:
        self.opened.append(Feed(self._socket_path, key.session_id, cursor=None))
        return self.opened[-1]

    def choose(self, name: str | None) -> None:
        self.preview.show_row(SessionRow(session_id=name) if name is not None else None)
        self.previewing.choose(SessionKey("", name) if name is not None else None)
        self.previewing_active(True)

    def previewing_active(self, active: bool) -> None:
        self.previewing.set_active(active)


@asynccontextmanager
async def preview_of(
    daemon: EmbeddedDaemon, *names: str
) -> AsyncIterator[tuple[PreviewApp, Pilot[Any]]]:
    """A preview on a daemon with these sessions, each of which has said its name."""
    with ExitStack() as stack:
        for name in names:
            opened = stack.enter_context(publisher(daemon.socket_path, name))
            say(opened, f"words of {name}", "a")
        app = PreviewApp(daemon.socket_path)
        async with app.run_test(size=(60, 16)) as pilot:
            yield app, pilot


def viewers(daemon: EmbeddedDaemon) -> dict[str, int]:
    """How many watch each session."""
    with Client(daemon.socket_path) as client:
        return {row["session_id"]: row["viewers"] for row in client.list() if row["viewers"]}


async def test_one_session_at_a_time_and_only_while_it_can_be_seen(daemon: EmbeddedDaemon) -> None:
    """The viewers of a session grow by one while it is previewed, and shrink at once."""
    async with preview_of(daemon, "one", "two") as (app, pilot):
        app.choose("one")
        await until_shown(pilot, "words of one")
        assert viewers(daemon) == {"one": 1}
        app.choose("two")
        assert app.previewing.feed is None
        await until_shown(pilot, "words of two")
        await until(pilot, lambda: viewers(daemon) == {"two": 1})
        app.previewing_active(False)
        await until(pilot, lambda: not viewers(daemon))
        assert "words of two" in screen_text(app)
        app.previewing_active(True)
        await until(pilot, lambda: viewers(daemon) == {"two": 1})
        app.choose(None)
        await until(pilot, lambda: not viewers(daemon))
        assert not screen_text(app).strip()


async def test_moving_through_many_attaches_to_the_last(daemon: EmbeddedDaemon) -> None:
    """A key that is held down passes hundreds of sessions: only where it stops is attached to."""
    async with preview_of(daemon, "last") as (app, pilot):
        for number in range(200):
            app.choose(f"agent-{number:03}")
            if number % 20 == 0:
                await pilot.pause()
        app.choose("last")
        await until_shown(pilot, "words of last")
        assert [feed.state.session_id for feed in app.opened] == ["last"]


async def test_what_is_streamed_is_shown(daemon: EmbeddedDaemon) -> None:
    """As it comes, without a further attach."""
    async with preview_of(daemon, "one") as (app, pilot):
        with publisher(daemon.socket_path, "one") as opened:
            app.choose("one")
            await until_shown(pilot, "words of one")
            say(opened, " and more of them", "b")
            await until_shown(pilot, "and more of them")
        assert len(app.opened) == 1


async def test_a_tab_s_own_feed_is_shown(daemon: EmbeddedDaemon) -> None:
    """Nobody attaches twice, and the tab gets the whole view when it is looked at again."""
    async with preview_of(daemon, "one", "two") as (app, pilot):
        feed = app.tabs["one"] = Feed(daemon.socket_path, "one")
        worker = app.run_worker(feed.run())
        await until(pilot, lambda: feed.state.view is not None)
        app.choose("one")
        await until_shown(pilot, "words of one")
        with publisher(daemon.socket_path, "one") as opened:
            say(opened, "said meanwhile", "b")
            await until_shown(pilot, "said meanwhile")
        assert viewers(daemon) == {"one": 1}
        assert not app.opened
        app.choose("two")
        update = feed.state.take_update()
        assert update is not None
        assert update.view is not None
        assert feed.watcher is None
        assert viewers(daemon)["one"] == 1
        worker.cancel()


async def test_a_tab_that_came_to_the_front_first_is_given_the_view(daemon: EmbeddedDaemon) -> None:
    """However late the preview lets go of its feed, and though its agent says nothing more."""
    async with preview_of(daemon, "one") as (app, pilot):
        feed = app.tabs["one"] = Feed(daemon.socket_path, "one")
        worker = app.run_worker(feed.run())
        app.choose("one")
        await until_shown(pilot, "words of one")
        assert feed.state.take_update() is None
        given = []
        feed.on_change = lambda: given.append(feed.state.take_update())
        app.previewing_active(False)
        assert [update is not None and update.view is not None for update in given] == [True]
        worker.cancel()


async def test_nothing_of_it_counts_as_read(daemon: EmbeddedDaemon) -> None:
    """Neither by the feed of its own nor by a tab's."""
    async with preview_of(daemon, "one", "two") as (app, pilot):
        feed = app.tabs["two"] = Feed(daemon.socket_path, "two")
        worker = app.run_worker(feed.run())
        for name in ("one", "two"):
            app.choose(name)
            await until_shown(pilot, f"words of {name}")
        assert app.opened[0].state.read_to is None
        assert feed.state.read_to is None
        worker.cancel()


async def test_a_session_that_is_gone(daemon: EmbeddedDaemon) -> None:
    """It says why nothing is shown; the next choice is shown as ever."""
    async with preview_of(daemon, "one") as (app, pilot):
        app.choose("gone")
        await until_shown(pilot, "gone", "no session")
        app.choose("one")
        await until_shown(pilot, "words of one")


def test_it_rests_longer_than_a_key_repeats() -> None:
    """Terminals repeat a key 25 to 30 times a second."""
    assert 2 / 25 < previewing.REST <= 0.2
