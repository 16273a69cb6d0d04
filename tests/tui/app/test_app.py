"""The app on a real daemon, driven by keys."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import (
    Committed,
    ProcessChanged,
    QueueChanged,
    SessionProcessEventKind,
    SessionQueueEventKind,
    Usage,
    Waiting,
)
from lashtui.app.app import LashApp
from lashtui.app.detach_message import AppExit
from lashtui.saved.cursors import SavedCursors
from lashtui.screens.fleet.screen import FleetScreen
from lashtui.screens.session import SessionScreen
from lashtui.widgets.status_line import StatusLine
from tests.tui.daemons import PATIENCE, SMALL, publisher, say
from tests.tui.screen_text import is_ticking, screen_text, top_line, until, until_shown


@pytest.fixture
def saved(tmp_path: Path) -> SavedCursors:
    """Saved cursors of this test's own."""
    return SavedCursors(tmp_path / "cursors")


def app_on(daemon: EmbeddedDaemon, saved: SavedCursors, **options: object) -> LashApp:
    """The app on the session `build`, starting no daemon."""
    return LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False, **options)  # type: ignore[arg-type]


async def test_attach_shows_the_snapshot_and_then_streams(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """What was said before and what is said now; panels, usage and the connection beside it."""
    with publisher(daemon.socket_path, title="Fix it", agent="claude") as opened:
        say(opened, "said **before**", "a")
        app = app_on(daemon, saved)
        async with app.run_test(size=(120, 30)) as pilot:
            await until_shown(pilot, "said before", "● connected", "Fix it", "build")
            say(opened, " and now", "a")
            opened.publish(
                QueueChanged(SessionQueueEventKind.ENQUEUED, ["q"], {"q": {"text": "next job"}})
            )
            opened.publish(
                ProcessChanged(SessionProcessEventKind.STARTED, ["p"], {"p": {"label": "make"}})
            )
            opened.publish(Usage(usage={"input_tokens": 1200}))
            await until_shown(
                pilot, "said before and now", "QUEUE 1", "◇ next job", "● make", "in 1.2k"
            )
            opened.publish(QueueChanged(SessionQueueEventKind.DELIVERED, ["q"]))
            opened.publish(
                ProcessChanged(SessionProcessEventKind.EXITED, ["p"], {"p": {"exit_code": 3}})
            )
            await until_shown(pilot, "failed, exit 3", "✓ next job  delivered")
            await until(pilot, lambda: "QUEUE" not in screen_text(app))


async def test_detach_keeps_the_place_and_says_how_to_come_back(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """The next visit begins where this one ended: what came since is marked, without a break."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "first visit", "a")
        app = app_on(daemon, saved, socket_option="/run/x y.sock")
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "first visit")
            await pilot.press("q")
        assert app.ended == AppExit(
            0,
            "detached from build - come back: lashtui --socket '/run/x y.sock' attach build",
        )
        say(opened, "while away", "b")
        say(opened, ", more", "b")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 24)) as pilot:
            shown = await until_shown(pilot, "while away, more", "● connected")
            lines = [line.strip() for line in shown.splitlines()]
            order = [
                next(i for i, line in enumerate(lines) if part in line)
                for part in ("first visit", "new since you left · 1 entry", "while away")
            ]
            assert order == sorted(order)
            assert "history" not in shown
            assert "new while away" not in shown, "all of it is in sight"
            await pilot.press("ctrl+q")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 24)) as pilot:
            shown = await until_shown(pilot, "while away, more", "● connected")
            assert "new since" not in shown


async def test_reattach_after_trimming_says_what_cannot_be_replayed(saved: SavedCursors) -> None:
    """Banner with the number, divider with the count, and the transcript is whole."""
    with (
        EmbeddedDaemon(limits=SMALL) as daemon,
        publisher(daemon.socket_path) as opened,
    ):
        say(opened, "first", "a")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "first", "● connected")
            await pilot.press("q")
        for n in range(20):
            opened.publish(Usage(usage={"n": n}))
        say(opened, "last", "b")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 30)) as pilot:
            shown = await until_shown(
                pilot,
                "history trimmed: 13 events can't be replayed; transcript complete",
                "new since you left · 1 entry",
                "last",
            )
            assert "first" in shown
            await pilot.press("x")
            await until(pilot, lambda: "history trimmed" not in screen_text(app))


async def test_restarted_daemon_is_shown_and_made_up_for(
    tmp_path: Path, saved: SavedCursors
) -> None:
    """Stopped is said; the new daemon gets the session back, with a banner and a divider."""
    with EmbeddedDaemon() as place:
        socket_path = place.socket_path + "2"
        first = EmbeddedDaemon(socket_path=socket_path)
        first.start()
        with publisher(socket_path) as opened:
            say(opened, "before the restart", "a")
            app = app_on(first, saved)
            async with app.run_test(size=(110, 24)) as pilot:
                await until_shown(pilot, "before the restart", "● connected")
                first.stop()
                await until_shown(pilot, "disconnected: the daemon was stopped", "retry now")
                second = EmbeddedDaemon(socket_path=socket_path)
                second.start()
                try:
                    await pilot.press("r")
                    opened.publish(Committed())
                    say(opened, "after it", "b")
                    shown = await until_shown(
                        pilot,
                        "after it",
                        "history unavailable: the daemon was restarted",
                        "● connected",
                    )
                    lines = shown.splitlines()
                    gap = next(i for i, line in enumerate(lines) if "gap: the daemon" in line)
                    old = next(i for i, line in enumerate(lines) if "before the restart" in line)
                    new = next(i for i, line in enumerate(lines) if "after it" in line)
                    assert old < gap < new
                    await pilot.press("q")
                finally:
                    second.stop()


async def test_waiting_agent_stands_out(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """In header, at the live end and in the fleet, by mark and word; what it asks is in full."""
    with publisher(daemon.socket_path) as opened:
        opened.publish(Waiting(what="approve: rm"))
        assert opened.flush(PATIENCE)
        app = app_on(daemon, saved)
        async with app.run_test(size=(110, 24)) as pilot:
            shown = await until_shown(pilot, "‼ waiting for you 0:", "approve: rm", "● connected")
            assert shown.count("‼ waiting for you") >= 2
            await pilot.press("s")
            await until_shown(pilot, "‼ 1 needs you", "‼ waiting", "approve: rm")


async def test_fleet_lists_opens_and_switches(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """Enter opens; s comes back to the list; another one is watched instead; escape returns."""
    with (
        publisher(daemon.socket_path, "one") as one,
        publisher(daemon.socket_path, "two") as two,
    ):
        say(one, "words of one", "a")
        say(two, "words of two", "a")
        app = LashApp(daemon.socket_path, saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "one", "two", "words of one", "2 sessions")
            assert isinstance(app.screen, FleetScreen)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
            watched = app.session_screen
            assert watched is not None
            first = watched.session_id
            await until_shown(pilot, f"words of {first}", "● connected")
            await pilot.press("s")
            await until_shown(pilot, "STATE▾", "words of two")
            await pilot.press("escape")
            await until_shown(pilot, f"words of {first}")
            await pilot.press("s")
            await until_shown(pilot, "STATE▾", "words of two")
            other = "two" if first == "one" else "one"
            await pilot.press("slash", *f"name:{other}", "enter", "enter")
            await until_shown(pilot, f"words of {other}", "● connected")
            assert app.session_screen is not None
            assert app.session_screen.session_id == other
            await pilot.press("q")
        assert f"attach {other}" in app.ended.message
        assert saved.get(first) is not None


async def test_unknown_session_ends_with_a_clear_message(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """Exit code 4 and the name."""
    app = app_on(daemon, saved)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    assert app.ended.code == 4
    assert "build" in app.ended.message


async def test_no_daemon_ends_with_a_clear_message(tmp_path: Path, saved: SavedCursors) -> None:
    """Exit code 5 and what to do."""
    app = LashApp("/tmp/lashtui-no-such.sock", "build", saved=saved, start_daemon=False)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    assert app.ended.code == 5
    assert "lashtui daemon start" in app.ended.message


async def test_a_daemon_of_another_command_is_started_by_it(saved: SavedCursors) -> None:
    """The demo's: what starts an ordinary one would not bring it back."""
    nowhere = "/tmp/lashtui-no-such.sock"
    app = LashApp(nowhere, "build", saved=saved, start_daemon=False, restart="lashtui demo")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    assert "(start it again with `lashtui demo`)" in app.ended.message


async def test_waiting_for_a_session_to_appear(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """With wait the app says so, and shows the session when it comes."""
    app = app_on(daemon, saved, wait=True)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "waiting for build to appear")
        with publisher(daemon.socket_path) as opened:
            say(opened, "here I am", "a")
            await until_shown(pilot, "here I am", "● connected")


async def test_end_of_a_session_is_shown_and_the_app_stays(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """The outcome in the header; the transcript is still there to be read."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "last words", "a")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "last words", "● connected")
            opened.end("failure", 3)
            shown = await until_shown(pilot, "✗ failed (exit 3)")
            assert "last words" in shown
            assert app.return_value is None


async def test_held_reader_keeps_the_place_and_is_told_what_is_new(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """Scrolled up, the top line stays; the status line counts; End goes back to the live end."""
    with publisher(daemon.socket_path) as opened:
        for n in range(40):
            opened.publish(Committed())
            say(opened, f"row {n}", f"r{n}")
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "row 39", "● connected")
            await pilot.press("pageup")
            await until_shown(pilot, "End to follow")
            top = top_line(app)
            say(opened, "something new", "new")
            await until_shown(pilot, "1 new")
            assert top_line(app) == top
            await pilot.press("G")
            await until_shown(pilot, "something new")
            assert "End to follow" not in app.screen.query_one(StatusLine).text


async def test_narrow_terminal_has_a_strip_and_stays_readable(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """At 40x12: name, state, transcript, one line for the panels, connection. No side panel."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "some words", "a")
        opened.publish(QueueChanged(SessionQueueEventKind.ENQUEUED, ["q"], {"q": {"text": "x"}}))
        app = app_on(daemon, saved)
        async with app.run_test(size=(40, 12)) as pilot:
            shown = await until_shown(pilot, "build", "some words", "queue 1", "● connected")
            assert "QUEUE" not in shown
            assert all(len(line) <= 40 for line in shown.splitlines())
            await pilot.resize_terminal(120, 30)
            await until_shown(pilot, "QUEUE 1")
            await pilot.press("b")
            await until(pilot, lambda: "QUEUE" not in screen_text(app))
            await until_shown(pilot, "queue 1")


async def test_ctrl_c_says_how_to_leave_the_list(daemon: EmbeddedDaemon) -> None:
    """There is no session that one could detach from."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        app = LashApp(daemon.socket_path, start_daemon=False)
        async with app.run_test(size=(100, 20), notifications=True) as pilot:
            await until_shown(pilot, "build")
            await pilot.press("ctrl+c")
            shown = await until_shown(pilot, "q quits; the agents keep running.")
            assert "detaches" not in shown


async def test_help_lists_keys_and_closes(daemon: EmbeddedDaemon, saved: SavedCursors) -> None:
    """? opens, ? closes, q in it does not detach."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        app = app_on(daemon, saved)
        async with app.run_test(size=(120, 50)) as pilot:
            await until_shown(pilot, "words", "● connected")
            await pilot.press("question_mark")
            await until_shown(pilot, "Detach; the agent keeps running", "Bottom, follow")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
            assert app.return_value is None


async def test_hostile_names_and_texts_leak_no_escape(
    daemon: EmbeddedDaemon, saved: SavedCursors
) -> None:
    """No control byte of an agent's reaches a line of the screen."""
    evil = "\x1b]0;pwned\x07\x9b31m\u202e[red]x[/]"
    with publisher(daemon.socket_path, title=evil, agent=evil) as opened:
        say(opened, evil, "a")
        opened.publish(Waiting(what=evil))
        opened.publish(QueueChanged(SessionQueueEventKind.ENQUEUED, ["q"], {"q": {"text": evil}}))
        opened.publish(
            ProcessChanged(SessionProcessEventKind.STARTED, ["p"], {"p": {"label": evil}})
        )
        assert opened.flush(PATIENCE)
        app = app_on(daemon, saved)
        async with app.run_test(size=(140, 30)) as pilot:
            shown = await until_shown(pilot, "QUEUE 1", "PROCESSES", "waiting for you")
            await pilot.press("s")
            shown += await until_shown(pilot, "STATE▾", "[red]x[/]")
    assert not {c for c in shown if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160}
    assert "\u202e" not in shown


async def test_crash_is_one_line_and_a_private_log(
    daemon: EmbeddedDaemon, saved: SavedCursors, tmp_path: Path
) -> None:
    """No traceback, no values of variables on the terminal; the log is for the user alone."""
    app = app_on(daemon, saved, wait=True, crash_directory=tmp_path)

    def explode() -> None:
        secret = "the transcript"
        raise RuntimeError(f"boom {len(secret)}")

    async def crash() -> None:
        async with app.run_test() as pilot:
            app.call_later(explode)
            await pilot.pause()

    with pytest.raises(RuntimeError, match="boom"):
        await crash()
    log = tmp_path / "crash.log"
    assert app.ended == AppExit(1, f"lashtui: internal error (RuntimeError); details are in {log}")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "boom 14" in log.read_text()
    assert "the transcript" not in log.read_text().replace('secret = "the transcript"', "")


async def test_idle_session_is_not_repainted(
    daemon: EmbeddedDaemon, saved: SavedCursors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing runs and nothing comes, no clock ticks."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        opened.publish(Committed())
        assert opened.flush(PATIENCE)
        app = app_on(daemon, saved)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "words", "○ idle", "● connected")
            screen = app.session_screen
            assert screen is not None
            assert not is_ticking(screen)
