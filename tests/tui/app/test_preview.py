"""The preview beside the fleet, in the app: from 120 columns on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashtui.app import fleet_opening
from lashtui.app.app import LashApp
from lashtui.feed.worker import Feed
from lashtui.screens.fleet.preview import FleetPreview
from lashtui.screens.fleet.screen import FleetScreen
from lashtui.screens.session import SessionScreen
from lashtui.widgets.preview.preview import Preview
from tests.tui.app.app_harness import app_on, demo_session, other_sessions
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until, until_shown
from tests.tui.snapshot import check, settled


@asynccontextmanager
async def fleet(
    daemon: EmbeddedDaemon, size: tuple[int, int] = (120, 30), more: int = 0
) -> AsyncIterator[tuple[LashApp, Pilot[Any]]]:
    """The fleet: the demo's session, one that waits, one that has failed, and `more` others."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        other_sessions(daemon, stack)
        for number in range(more):
            agent = stack.enter_context(publisher(daemon.socket_path, f"agent-{number:02}"))
            say(agent, f"words of {number}", "a")
        app = app_on(daemon, None, follow=None)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "review", "docs")
            yield app, pilot


def selected(app: LashApp) -> str | None:
    """The session with the cursor, where the fleet is in front."""
    screen = app.screen
    key = screen.selected if isinstance(screen, FleetScreen) else None
    return key.session_id if key is not None else None


def previewed(app: LashApp) -> str:
    """What the preview shows."""
    region = app.screen.query_one(Preview).region
    lines = screen_text(app).splitlines()[region.y : region.bottom]
    return "\n".join(line[region.x : region.right].rstrip() for line in lines)


def is_out_of_reach(app: LashApp) -> bool:
    """Whether the preview has asked for its session, and no daemon was there."""
    previewing = app.screen.query_one(FleetPreview)._previewing
    feed = previewing.feed if previewing is not None else None
    return feed is not None and feed.state.connection.is_troubled


def watched(daemon: EmbeddedDaemon) -> list[str]:
    """The sessions that somebody watches."""
    with Client(daemon.socket_path) as client:
        return [str(row["session_id"]) for row in client.list() if row["viewers"]]


async def test_the_session_with_the_cursor_is_previewed(daemon: EmbeddedDaemon) -> None:
    """Its question, or the end of its transcript; one session at a time is watched."""
    async with fleet(daemon) as (app, pilot):
        await until(pilot, lambda: watched(daemon) == ["review"])
        await until(pilot, lambda: "push?" in previewed(app))
        while selected(app) != "demo":
            await pilot.press("j")
        await until(pilot, lambda: "CHANGELOG.md" in previewed(app))
        assert "plan 2/4" in previewed(app)
        await until(pilot, lambda: watched(daemon) == ["demo"])


async def test_a_key_that_is_held_down_attaches_to_nothing_on_its_way(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where the cursor comes to rest."""
    asked: list[str] = []

    class CountedFeed(Feed):
        def __init__(self, socket_path: str, session_id: str, **options: Any) -> None:
            asked.append(session_id)
            super().__init__(socket_path, session_id, **options)

    monkeypatch.setattr(fleet_opening, "Feed", CountedFeed)
    async with fleet(daemon, more=12) as (app, pilot):
        await until(pilot, lambda: asked == ["review"])
        for _ in range(10):
            await pilot.press("j")
        name = selected(app)
        await until(pilot, lambda: watched(daemon) == [name])
        # A machine under load may take longer for a key than the preview's rest.
        assert len(asked) <= 4


async def test_a_session_chosen_while_no_daemon_runs_is_shown_when_one_does(
    daemon: EmbeddedDaemon,
) -> None:
    """Nobody has to move the cursor away and back."""
    path = daemon.socket_path + "2"
    with ExitStack() as life, ExitStack() as agents:
        life.enter_context(EmbeddedDaemon(socket_path=path))
        for name in ("one", "two"):
            say(agents.enter_context(publisher(path, name)), f"words of {name}", "a")
        app = LashApp(path, start_daemon=False)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: app.screen.query_one(Preview).has_class("-there"))
            before = selected(app)
            life.close()
            await until(pilot, lambda: not app.fleet_feed.is_followed)
            await pilot.press("j")
            assert selected(app) != before
            await until(pilot, lambda: is_out_of_reach(app))
            assert not app.screen.query_one(Preview).has_class("-there")
            life.enter_context(EmbeddedDaemon(socket_path=path))
            await until(pilot, lambda: app.screen.query_one(Preview).has_class("-there"))
            assert f"words of {selected(app)}" in previewed(app)


async def test_zoom_and_back(daemon: EmbeddedDaemon) -> None:
    """Enter opens the session with what is there; Esc leads back to the same line."""
    async with fleet(daemon, more=12) as (app, pilot):
        for _ in range(6):
            await pilot.press("j")
        name = selected(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert isinstance(app.screen, SessionScreen)
        assert app.screen.session_id == name
        assert app.screen.feed.state.view is not None
        await until(pilot, lambda: watched(daemon) == [name])
        await pilot.press("escape")
        await until(pilot, lambda: selected(app) == name)
        # The tab's own feed is shown: still nobody watches twice.
        await until(pilot, lambda: "words of" in previewed(app))
        with Client(daemon.socket_path) as client:
            assert [row["viewers"] for row in client.list() if row["session_id"] == name] == [1]


async def test_it_costs_nothing_where_it_is_not_seen(daemon: EmbeddedDaemon) -> None:
    """Toggled off, or on a narrow screen: nobody watches. A dialog leaves it in view."""
    async with fleet(daemon) as (app, pilot):
        await until(pilot, lambda: watched(daemon) == ["review"])
        await pilot.press("v")
        await until(pilot, lambda: not watched(daemon))
        assert not app.screen.query_one(Preview).region.width
        await pilot.press("v")
        await until(pilot, lambda: watched(daemon) == ["review"])
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.is_modal)
        assert watched(daemon) == ["review"]
        await pilot.press("escape")
        await until(pilot, lambda: watched(daemon) == ["review"])
        await pilot.resize_terminal(119, 30)
        await until(pilot, lambda: not watched(daemon))
        assert selected(app) == "review"
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: watched(daemon) == ["review"])


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("size", [(120, 36), (160, 45), (200, 60), (80, 24), (40, 12)])
async def test_snapshots(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Beside the list where there is room, and no trace of it elsewhere."""
    async with fleet(daemon, size, more=6) as (app, pilot):
        while selected(app) != "demo":
            await pilot.press("j")
        if size[0] >= 120:
            await until(pilot, lambda: "CHANGELOG.md" in previewed(app))
        check(f"preview-{size[0]}x{size[1]}", await settled(pilot))
