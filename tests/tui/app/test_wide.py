"""Screens of 160 columns and more: the list of sessions beside the transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from lashd.daemon import EmbeddedDaemon
from lashd.events import Waiting
from lashtui.app.app import LashApp
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.screens.session import SessionScreen
from lashtui.widgets.fleet.side_list import SideList
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.app.app_harness import SIZES, app_on, demo_session, other_sessions
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.feed.fleet.fleet_stream import SNAPSHOT, FakeDaemon, row, synced
from tests.tui.screen_text import screen_text, top_line, until, until_shown
from tests.tui.snapshot import check, settled

WIDE = (160, 30)


@asynccontextmanager
async def three(
    daemon: EmbeddedDaemon, size: tuple[int, int] = WIDE, **options: Any
) -> AsyncIterator[tuple[LashApp, Pilot[Any]]]:
    """The demo's session in front, beside one that waits and one that has failed."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        other_sessions(daemon, stack)
        app = app_on(daemon, "demo", follow=None, **options)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected")
            if size[0] >= 160:
                await until_shown(pilot, "docs", "review")
            yield app, pilot


def listed(app: LashApp) -> list[str]:
    """The lines of the list that is seen."""
    found = app.screen.query_one(SideList)
    region = found.region
    return [line[region.x : region.right] for line in screen_text(app).splitlines()][
        region.y : region.bottom
    ]


def marked(app: LashApp) -> str:
    """The line of the list with the cursor."""
    return next((line for line in listed(app) if line.startswith("▌")), "")


def front(app: LashApp) -> str:
    """The session in front."""
    return app.screen.session_id if isinstance(app.screen, SessionScreen) else ""


async def test_enter_brings_another_session_to_the_front_and_the_keys_stay_there(
    daemon: EmbeddedDaemon,
) -> None:
    """Shift+Tab leads to the list; afterwards the transcript has the keys, on both screens."""
    async with three(daemon) as (app, pilot):
        assert "demo" in marked(app)
        await pilot.press("shift+tab")
        assert isinstance(app.focused, SideList)
        await pilot.press("g", "enter")
        await until(pilot, lambda: front(app) == "review" and "review" in marked(app))
        assert isinstance(app.focused, Transcript)
        await pilot.press("1")
        await until(pilot, lambda: "demo" in marked(app))
        assert isinstance(app.focused, Transcript)


async def test_a_click_brings_another_session_to_the_front(daemon: EmbeddedDaemon) -> None:
    """At once."""
    async with three(daemon) as (app, pilot):
        found = app.screen.query_one(SideList)
        y = next(at for at, line in enumerate(listed(app)) if "docs" in line)
        await pilot.click(found, offset=(6, y))
        await until(pilot, lambda: front(app) == "docs")


async def test_the_list_is_live(daemon: EmbeddedDaemon) -> None:
    """A session that asks stands first, while another is read."""
    with publisher(daemon.socket_path, "newcomer") as agent:
        async with three(daemon) as (app, pilot):
            agent.publish(Waiting("may I?"))
            assert agent.flush(PATIENCE)
            await until(pilot, lambda: "newcomer" in listed(app)[1] or "newcomer" in listed(app)[2])
            assert "demo" in marked(app)


async def test_hiding_it_holds_for_all_sessions(daemon: EmbeddedDaemon) -> None:
    """Where there is no room for it, its key says how much it needs."""
    async with three(daemon) as (app, pilot):
        assert app.screen.query_one(Transcript).region.x == 39
        await pilot.press("B")
        await until(pilot, lambda: app.screen.query_one(Transcript).region.x == 0)
        await app.open_session("docs")
        await pilot.pause()
        assert app.screen.query_one(Transcript).region.x == 0
        await pilot.press("B")
        await until(pilot, lambda: app.screen.query_one(Transcript).region.x == 39)
        await app.action_tab(1)
        await until(pilot, lambda: app.screen.query_one(Transcript).region.x == 39)
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: not app.screen.has_class("-broad"))
        await pilot.press("B")
        await until_shown(pilot, "the list of sessions needs 160 columns")


async def test_resizing_keeps_place_and_following(daemon: EmbeddedDaemon) -> None:
    """Across all the layouts: what was at the top, and whether the live end is followed."""
    async with three(daemon, (200, 16)) as (app, pilot):
        transcript = app.screen.query_one(Transcript)
        assert transcript.following
        for size in [*SIZES, (160, 16), (200, 16)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert transcript.following
        await pilot.press("home", "pagedown")
        await pilot.pause()
        before = top_line(app)
        for size in [(120, 16), (80, 16), (160, 16), (40, 12), (200, 16)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, lambda: top_line(app) == before)
        assert not transcript.following


async def test_without_a_list_the_transcript_has_the_room(daemon: EmbeddedDaemon) -> None:
    """Until the daemon has said what there is: an older one never does."""
    told = FakeDaemon()
    with publisher(daemon.socket_path, "build") as agent:
        agent.publish(Waiting("may I?"))
        assert agent.flush(PATIENCE)
        app = app_on(daemon, "build", follow=told.follow)
        async with app.run_test(size=WIDE) as pilot:
            await until_shown(pilot, "● connected", "may I?")
            assert app.screen.query_one(Transcript).region.x == 0
            await pilot.press("B")
            await until_shown(pilot, "the daemon sends no list of sessions")
            await until(pilot, lambda: bool(told.streams))
            told.streams[0].send(SNAPSHOT, row("build"), synced())
            await until(pilot, lambda: app.screen.query_one(Transcript).region.x == 39)
            assert "build" in marked(app)


async def test_it_knows_what_the_person_has_said(daemon: EmbeddedDaemon) -> None:
    """Pins first in their groups, mutes, and their own names."""
    marks = FleetMarks(None)
    marks.set_pinned(SessionKey("", "review"), True)
    marks.set_name(SessionKey("", "docs"), "doc")
    async with three(daemon, marks=marks) as (app, pilot):
        await until(pilot, lambda: "doc · docs" in "".join(listed(app)))
        assert "★" in next(line for line in listed(app) if "review" in line)
        marks.set_muted(SessionKey("", "review"), True)
        marks.set_pinned(SessionKey("", "review"), False)
        await app.open_session("docs")
        await until(pilot, lambda: "☾" in next(x for x in listed(app) if "review" in x))


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("size", [(160, 45), (200, 60)])
async def test_snapshots(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """List, transcript and panels side by side."""
    async with three(daemon, size) as (app, pilot):
        assert isinstance(app.screen, SessionScreen)
        check(f"wide-{size[0]}x{size[1]}", await settled(pilot))
