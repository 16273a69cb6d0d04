"""What the session screen says of a session that waits: what for, since when, and where."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.events import AssistantProseDelta, Resumed, ToolCallStarted, Waiting
from lashd.view import SessionRow, Tmux, Where
from lashtui.app.app import LashApp
from lashtui.screens import session as session_module
from lashtui.screens.session import SessionScreen
from lashtui.text.awaited import is_open_question
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.feed.fleet.fleet_stream import FakeDaemon
from tests.tui.screen_text import screen_text, until, until_shown

HOST = os.uname().nodename
ASKED = "Bash: may I run the following command?\n" + "git push --force-with-lease " * 8
SOCKET = "/tmp/tmux-1/default"


def app_on(daemon: EmbeddedDaemon, **options: Any) -> LashApp:
    """The app on the session. It hears of no list: what that says, the tests say."""
    follow = FakeDaemon().follow
    return LashApp(daemon.socket_path, "build", start_daemon=False, follow=follow, **options)


def front(app: LashApp) -> SessionScreen:
    """The session's screen."""
    assert isinstance(app.screen, SessionScreen)
    return app.screen


def row(**fields: object) -> SessionRow:
    """What the list says of it."""
    return SessionRow(session_id="build", **fields)  # type: ignore[arg-type]


async def test_a_question_is_in_view_in_full_until_it_is_answered(daemon: EmbeddedDaemon) -> None:
    """All of it, and where to answer as far as that is known; `c` copies it."""
    with publisher(daemon.socket_path) as opened:
        opened.publish(Waiting(ASKED))
        assert opened.flush(PATIENCE)
        app = app_on(daemon)
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "‼ waiting for you 0:", "may I run the following")
            assert " ".join(screen_text(app).split()).count("--force-with-lease") == 8
            where = Where(host=HOST, pid=4711, tty="/dev/pts/7")
            front(app).show_row(row(where=where, directory="/srv/api"))
            await until_shown(pilot, "answer in pts/7 · pid 4711 · /srv/api")
            # Where the entry that says it is not shown, the live end does.
            assert screen_text(app).count("waiting for you") == 2
            front(app).transcript.set_filter(lambda entry: not is_open_question(entry))
            front(app)._show_state()
            await until_shown(pilot, "answer in pts/7 · pid 4711 · /srv/api")
            await until(pilot, lambda: screen_text(app).count("waiting for you 0:") == 2)
            front(app).transcript.set_filter(None)
            opened.publish(Resumed())
            opened.publish(ToolCallStarted("Bash", {"command": "make"}), correlation_id="t")
            assert opened.flush(PATIENCE)
            await until_shown(pilot, "… Bash make 0:")
            assert "answer in" not in screen_text(app)


async def test_the_line_goes_with_what_is_awaited(daemon: EmbeddedDaemon) -> None:
    """Writing, then nothing once the turn is over; quiet where the daemon says so."""
    with publisher(daemon.socket_path) as opened:
        opened.publish(AssistantProseDelta("so "), correlation_id="a")
        assert opened.flush(PATIENCE)
        app = app_on(daemon)
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "… writing 0:")
            view = front(app).feed.state.view
            assert view is not None
            front(app).show_row(row(quiet_since=view.updated_at))
            await until_shown(pilot, "⏱ writing 0:", " · quiet ")
            opened.publish(AssistantProseDelta("on"), correlation_id="a")
            await until_shown(pilot, "so on", "… writing 0:")
            opened.commit()
            assert opened.flush(PATIENCE)
            await until_shown(pilot, "turn 1", "○ idle")
            await until(pilot, lambda: "writing" not in screen_text(app))


async def test_what_was_so_when_the_daemon_was_last_heard_of(daemon: EmbeddedDaemon) -> None:
    """While it doesn't answer no clock counts on."""
    now = [0.0]
    with publisher(daemon.socket_path) as opened:
        opened.publish(ToolCallStarted("Bash", {"command": "make"}), correlation_id="t")
        assert opened.flush(PATIENCE)
        with Client(daemon.socket_path) as client:
            assert client.list()
        app = app_on(daemon, clock=lambda: now[0])
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "… Bash make 0:", "● connected")
            front(app).feed.state.connection.lost("gone", 1000.0)
            now[0] = 700.0
            front(app)._show_state()
            await until_shown(pilot, "as of 11 min ago")
            assert "… Bash make 0:00" in screen_text(app)


async def test_the_key_goes_to_a_pane_of_our_tmux_alone(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The footer offers it only then; else the key says where the terminal is."""
    ran: list[tuple[str, ...]] = []

    async def run(argv: tuple[str, ...], *, hears: bool) -> str:
        ran.append(argv)
        return "" if len(ran) == 1 else "tmux: can't find pane: %12"

    monkeypatch.setattr(session_module, "run_tool", run)
    monkeypatch.setenv("TMUX", f"{SOCKET},1,0")
    with publisher(daemon.socket_path) as opened:
        opened.publish(Waiting("ok?"))
        assert opened.flush(PATIENCE)
        app = app_on(daemon)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "waiting for you 0:")
            assert "Go to terminal" not in screen_text(app)
            await pilot.press("o")
            await until_shown(pilot, "where it runs is not known")
            front(app).show_row(row(where=Where(host="far", tty="/dev/pts/7")))
            await pilot.press("o")
            await until_shown(pilot, "its terminal is pts/7 on far, not here")
            assert "Go to terminal" not in screen_text(app)
            assert not ran
            front(app).show_row(row(where=Where(host=HOST, tmux=Tmux(SOCKET, "%12"))))
            await until_shown(pilot, "answer in tmux %12 · o goes there", "o Go to terminal")
            await pilot.press("o")
            await until(pilot, lambda: len(ran) == 1)
            assert ran[0][:3] == ("tmux", "-S", SOCKET)
            await pilot.press("o")
            await until_shown(pilot, "tmux: can't find pane: %12")


async def test_the_footer_shows_what_the_state_calls_for(daemon: EmbeddedDaemon) -> None:
    """Paused: the way back. At most six keys."""
    with publisher(daemon.socket_path) as opened:
        for number in range(40):
            opened.publish(AssistantProseDelta(f"row {number}"), correlation_id=f"p{number}")
        assert opened.flush(PATIENCE)
        app = app_on(daemon)
        async with app.run_test(size=(160, 24)) as pilot:
            await until_shown(pilot, "row 39", "● connected")
            footer = screen_text(app).splitlines()[-1].strip()
            assert footer == "/ Search  j Move  ⏎ Open  q Detach  s Sessions  ? Help"
            await pilot.press("home")
            await until_shown(pilot, "End Follow")
            assert len(screen_text(app).splitlines()[-1].strip().split("  ")) == 6
