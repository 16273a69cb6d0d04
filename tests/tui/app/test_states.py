"""What the screens look like in each state of reading and of the connection, at all sizes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed
from lashtui.demo.script import SESSION
from lashtui.saved.cursors import SavedCursors
from lashtui.saved.place import Place
from lashtui.screens.session import SessionScreen
from tests.tui.app.app_harness import (
    SIZES,
    app_on,
    demo_session,
    mid_turn_steps,
    open_demo_session,
    other_sessions,
    publish_steps,
    watching,
)
from tests.tui.daemons import SMALL
from tests.tui.screen_text import screen_text, until, until_shown
from tests.tui.snapshot import check, settled

pytestmark = [
    pytest.mark.usefixtures("frozen"),
    pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}"),
]


class Earlier(SavedCursors):
    """Places of a reader who left so many seconds earlier than they did."""

    def __init__(self, directory: Path, seconds: float) -> None:
        super().__init__(directory)
        self._seconds = seconds

    def place(self, session_id: str) -> tuple[str, Place | None] | None:
        """The saved one, earlier."""
        saved = super().place(session_id)
        if saved is None or saved[1] is None:
            return saved
        at = (saved[1].at or 0) - round(1000 * self._seconds)
        return saved[0], msgspec.structs.replace(saved[1], at=at)


async def look(name: str, pilot: Pilot[Any]) -> None:
    """Compare with the snapshot of this state at this size."""
    width, height = pilot.app.size
    check(f"{name}-{width}x{height}", await settled(pilot))


async def come_back(
    daemon: EmbeddedDaemon, size: tuple[int, int], saved: Path, name: str, seconds: float = 0.0
) -> None:
    """Watch the first turn, leave, and look `seconds` later at what has come meanwhile."""
    steps = mid_turn_steps()
    first = next(n for n, step in enumerate(steps) if isinstance(step.what, Committed))
    with ExitStack() as stack:
        agent = open_demo_session(daemon, stack)
        publish_steps(agent, steps[:first], ago=300)
        app = app_on(daemon, SESSION, saved=SavedCursors(saved))
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected")
            await settled(pilot)
            await pilot.press("q")
        publish_steps(agent, steps[first:])
        app = app_on(daemon, SESSION, saved=Earlier(saved, seconds))
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected", "new since you left")
            await look(name, pilot)


async def test_back_again(daemon: EmbeddedDaemon, size: tuple[int, int], tmp_path: Path) -> None:
    """Held at what is new, which a divider marks."""
    await come_back(daemon, size, tmp_path, "back")


async def test_back_after_minutes(
    daemon: EmbeddedDaemon, size: tuple[int, int], tmp_path: Path
) -> None:
    """What happened stands under the divider."""
    await come_back(daemon, size, tmp_path, "away", 754)


async def test_back_after_a_gap(size: tuple[int, int], tmp_path: Path) -> None:
    """A banner says what can't be replayed."""
    with EmbeddedDaemon(limits=SMALL) as daemon:
        await come_back(daemon, size, tmp_path, "gap")


async def test_search(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Query, count, and the match in view."""
    async with watching(daemon, size) as (_, pilot):
        await pilot.press("slash", *"keyword")
        await until_shown(pilot, " of ")
        await look("search", pilot)


async def test_an_entry(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """A failed call on its own screen."""
    async with watching(daemon, size) as (_, pilot):
        await pilot.press("e", "enter")
        await until_shown(pilot, "Esc Back")
        await look("entry", pilot)


async def test_held(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Away from the live end: how much is new, and the way back."""
    steps = mid_turn_steps()
    with ExitStack() as stack:
        agent = open_demo_session(daemon, stack)
        publish_steps(agent, steps[:-12], ago=60)
        # The clock stands still, so that what leaves the queue stays to be seen.
        app = app_on(daemon, SESSION, clock=lambda: 0.0)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected")
            await pilot.press("home")
            await until_shown(pilot, "End to follow")
            assert isinstance(app.screen, SessionScreen)
            state = app.screen.feed.state
            publish_steps(agent, steps[-12:])
            with Client(daemon.socket_path) as client:
                (session,) = client.list()
            await until(pilot, lambda: state.cursor == session["cursor"])
            await until_shown(pilot, " 4 new · End to follow")
            app.screen._show_state()  # the panels would follow a moment later
            await look("held", pilot)


async def test_reconnecting(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """What was read stays; that it is not live is said, with the key that tries at once."""
    async with watching(daemon, size, clock=lambda: 0.0) as (app, pilot):
        assert isinstance(app.screen, SessionScreen)
        state = app.screen.feed.state
        state.connection.lost("connection lost", 3.0)
        app.screen._show_state()
        await until_shown(pilot, "reconnecting in 3 s")
        await look("reconnecting", pilot)


async def test_waiting_for_a_session(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """It is not there yet, and that is said once."""
    app = app_on(daemon, SESSION, wait=True)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "waiting for demo to appear")
        await look("awaited", pilot)


async def test_an_empty_session(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Its name, that it is live, and that nothing has happened."""
    with ExitStack() as stack:
        open_demo_session(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "Nothing has happened yet.", "● connected")
            await look("empty", pilot)


async def test_fleet(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """A line for each; who waits stands on top."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        other_sessions(daemon, stack)
        app = app_on(daemon, None, follow=None)
        app._fleet_view.preview = False  # has pictures of its own
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "3 sessions")
            await until(pilot, lambda: "connecting" not in screen_text(app))
            await look("fleet", pilot)
