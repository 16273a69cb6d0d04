"""Coming back to a session: who is told what happened, and who is not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed, ToolCallCompleted, ToolCallStarted
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.saved.cursors import SavedCursors
from lashtui.screens.session import SessionScreen
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until, until_shown

MINUTE = 60_000


class Wall:
    """The wall clock, which stands still."""

    now = 1_800_000_000_000


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """What everybody takes for the time; what waits goes by another clock."""
    made = Wall()
    monkeypatch.setattr(time, "time_ns", lambda: made.now * 1_000_000)
    return made


def work(agent: Publisher, count: int = 1) -> None:
    """A turn with edits, a failed command and an answer."""
    for number in range(count):
        args = {"file_path": f"calc{number}.py", "old_string": "a", "new_string": "b\nc"}
        agent.publish(ToolCallStarted(name="Edit", call_id=f"e{number}", args=args))
        agent.publish(ToolCallCompleted(name="Edit", call_id=f"e{number}", output="ok"))
    failed = {"outcome": {"status": "failure"}, "exit_code": 2}
    agent.publish(ToolCallStarted(name="Bash", call_id="b", args={"command": "make all"}))
    agent.publish(ToolCallCompleted(name="Bash", call_id="b", output=failed))
    say(agent, "all of it is done", "after")
    agent.publish(Committed())
    assert agent.flush(5)


def app_on(daemon: EmbeddedDaemon, saved: SavedCursors | None, name: str = "build") -> LashApp:
    """The app on a session."""
    return LashApp(daemon.socket_path, name, saved=saved, start_daemon=False)


async def leave(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """Watch, and detach."""
    async with app_on(daemon, saved).run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "read already", "connected")
        await pilot.press("q")


async def test_after_two_minutes_there_is_a_digest(
    daemon: EmbeddedDaemon, tmp_path: Path, wall: Wall
) -> None:
    """At the divider, each line leading to its entry; x takes it away."""
    saved = SavedCursors(tmp_path)
    with publisher(daemon.socket_path) as agent:
        say(agent, "read already", "a")
        await leave(daemon, saved)
        wall.now += 12 * MINUTE
        work(agent)
        async with app_on(daemon, saved).run_test(size=(100, 40)) as pilot:
            shown = await until_shown(pilot, "while you were away · 12 min", "✓ 1 turn done")
            assert "✗ Bash make all  exit 2" in shown
            assert "✎ calc0.py  +2 -1" in shown
            assert "while away" not in shown
            await pilot.press("home", "j", "j", "enter")
            screen = pilot.app.screen
            assert isinstance(screen, SessionScreen)
            await until(pilot, lambda: screen.transcript.marked is not None)
            marked = screen.transcript.marked
            assert marked is not None
            assert marked.args == {"command": "make all"}
            await pilot.press("x")
            await until(pilot, lambda: "while you were away" not in screen_text(pilot.app))
            assert "new since you left" in screen_text(pilot.app)


async def test_a_short_absence_is_not_told(
    daemon: EmbeddedDaemon, tmp_path: Path, wall: Wall
) -> None:
    """Less than two minutes, and all of it is on the screen."""
    saved = SavedCursors(tmp_path)
    with publisher(daemon.socket_path) as agent:
        say(agent, "read already", "a")
        await leave(daemon, saved)
        wall.now += MINUTE
        work(agent)
        async with app_on(daemon, saved).run_test(size=(100, 40)) as pilot:
            shown = await until_shown(pilot, "all of it is done", "new since you left")
            assert "while you were away" not in shown


async def test_more_than_a_screen_is_told_however_short_the_absence(
    daemon: EmbeddedDaemon, tmp_path: Path, wall: Wall
) -> None:
    """The view is held where it stands."""
    saved = SavedCursors(tmp_path)
    with publisher(daemon.socket_path) as agent:
        say(agent, "read already", "a")
        await leave(daemon, saved)
        wall.now += 1000
        work(agent, 60)
        async with app_on(daemon, saved).run_test(size=(100, 30)) as pilot:
            shown = await until_shown(pilot, "while you were away", "+57 more files")
            assert "to follow" in shown


async def test_back_on_the_tab(daemon: EmbeddedDaemon, wall: Wall) -> None:
    """In a running app the place is known to the character."""
    with publisher(daemon.socket_path) as agent, publisher(daemon.socket_path, "other") as other:
        say(agent, "read already", "a")
        say(other, "another session", "a")
        async with app_on(daemon, None).run_test(size=(100, 40)) as pilot:
            await until_shown(pilot, "read already", "connected")
            assert isinstance(pilot.app, LashApp)
            await pilot.app.open_session("other")
            await until_shown(pilot, "another session")
            wall.now += 3 * MINUTE
            say(agent, " and more of it", "a")
            work(agent)
            await until_caught_up(pilot, "all of it is done")
            await pilot.app.open_session("build")
            shown = await until_shown(pilot, "while you were away · 3 min", "✓ 1 turn done")
            read, _, rest = shown.partition("new since you left")
            assert "read already" in read
            assert "and more of it" in rest


async def until_caught_up(pilot: Pilot[Any], text: str) -> None:
    """Until the session behind knows this text."""
    app = pilot.app
    assert isinstance(app, LashApp)
    state = next(s.feed.state for s in app._tabs.screens if s.session_id == "build")

    def is_there() -> bool:
        return state.view is not None and any(e.text == text for e in state.view.entries)

    await until(pilot, is_there)


async def test_back_at_the_terminal_without_being_taken_anywhere(
    daemon: EmbeddedDaemon, wall: Wall
) -> None:
    """It may have been watched from beside: the live end stays, a key leads to the digest."""
    with publisher(daemon.socket_path) as agent:
        say(agent, "read already", "a")
        async with app_on(daemon, None).run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "read already", "connected")
            pilot.app.post_message(events.AppBlur())
            await pilot.pause()
            wall.now += 5 * MINUTE
            work(agent, 30)
            await until_shown(pilot, "all of it is done")
            assert "while you were away" not in screen_text(pilot.app)
            pilot.app.post_message(events.AppFocus())
            await until_shown(pilot, "new while away", "all of it is done")
            await pilot.press("n")
            await until_shown(pilot, "while you were away · 5 min")
