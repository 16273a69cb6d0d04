"""How often the screen paints: not at all where nothing happens, once a second for a clock."""

from __future__ import annotations

import time

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed, ToolCallStarted, TurnActivity
from lashtui.app.app import LashApp
from lashtui.screens.session import SessionScreen
from tests.tui.daemons import PATIENCE, publisher, say
from tests.tui.screen_text import is_ticking, screen_text, until_shown

NO_CHANGE = 40
"""Records that change nothing, taken in one after another."""


async def test_nothing_new_paints_nothing(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the feed calls, a picture that is the same is not written again."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "all said", "a")
        opened.publish(Committed())
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "all said", "● connected")
            screen = app.session_screen
            assert screen is not None
            await pilot.pause()
            painted = _count_paints(screen, monkeypatch)
            for _ in range(NO_CHANGE):
                screen.feed.on_change()
                await pilot.pause()
            assert painted == []
            assert not is_ticking(screen)


async def test_a_running_call_is_painted_once_a_second(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Header, row and panels tick together: one paint, and the transcript's own clock is still."""
    with publisher(daemon.socket_path) as opened:
        call = ToolCallStarted("bash", {"command": "make"})
        opened.publish(TurnActivity("c", "c", call), at=int(time.time() * 1000))
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "make", "● connected")
            screen = app.session_screen
            assert screen is not None
            await pilot.pause()
            screen._show_second()
            await pilot.pause()
            painted = _count_paints(screen, monkeypatch)
            for _ in range(3):
                screen.transcript._own_clock._count()  # its own clock, right after the screen's
                await pilot.pause()
            assert painted == []


def _count_paints(screen: SessionScreen, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is written from now on."""
    painted: list[object] = []
    app = screen.app
    real = app._display

    def counted(shown: object, update: object) -> None:
        if update is not None:
            painted.append(update)
        real(shown, update)  # type: ignore[arg-type]

    monkeypatch.setattr(app, "_display", counted)
    return painted


async def test_a_key_is_answered_while_text_streams(daemon: EmbeddedDaemon) -> None:
    """Up holds the view though a frame is not due, and what comes then is counted, not shown."""
    with publisher(daemon.socket_path) as opened:
        for number in range(60):
            say(opened, f"line {number}", f"l{number}")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "line 59", "● connected")
            screen = app.session_screen
            assert screen is not None
            screen._pacer.looked()
            await pilot.press("up")
            assert not screen.transcript.following
            for number in range(30):
                say(opened, f" {number}", "l59")
            say(opened, "after", "next")
            await until_shown(pilot, "1 new")
            assert "after" not in screen_text(app)
            await pilot.press("end")
            await until_shown(pilot, "after")


async def test_text_alone_is_shown_without_a_look_at_the_rest(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More words of an entry reach the transcript; header and panels are not asked for them. A call
    that begins is shown beside it at once."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "one", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "one", "● connected", "running")
            screen = app.session_screen
            assert screen is not None
            news = screen.feed.state.news
            say(opened, " two", "a")
            await until_shown(pilot, "one two")
            assert screen.feed.state.news == news
            opened.publish(TurnActivity("c", "c", ToolCallStarted("bash", {"command": "make"})))
            await until_shown(pilot, "make")
            assert screen.feed.state.news == news + 1
