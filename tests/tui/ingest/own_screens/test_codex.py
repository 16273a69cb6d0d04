"""Codex's own screen in `run`: what listens beside it, and that nothing of it is in the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lashd.events import Committed, SessionOutcome
from lashtui.ingest.launch import launch
from lashtui.ingest.live.codex import follower
from lashtui.ingest.own_screens import codex_sessions as module
from lashtui.ingest.own_screens.codex import CodexScreen, open_screen
from lashtui.producers import Produced
from tests.tui.ingest.live.codex.server import turn_of_recording
from tests.tui.ingest.live.codex.test_socket import serving
from tests.tui.ingest.live.codex.test_source import Served
from tests.tui.producers.goldens import prose_of, view_of
from tests.waiting import wait_until

THREAD, TURN = turn_of_recording()


def test_codex_does_not_wait_for_what_listens() -> None:
    """It is imported once Codex runs; and the socket's package where there is a socket."""
    code = (
        "import sys, lashtui.ingest.own_screens.codex as c;"
        "c.CodexScreen(['codex'], 1, {}, '').close();"
        "print(sorted(each for each in sys.modules if 'websockets' in each or 'live' in each))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_daemon_it_says_so_once(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while: the screen starts one within a second."""
    started = launch(["codex"])
    screen = CodexScreen(
        started.command, started.screen_at, {"HOME": str(private_dir)}, started.hint
    )
    try:
        assert screen.first.poll() == []
        monkeypatch.setattr(module, "REMARK_AFTER", 0.0)
        (remark,) = screen.first.poll()
        assert "lashtui discover" in repr(remark.payload)
        assert screen.first.poll() == []
    finally:
        screen.close()


def test_a_screen_of_another_machine_is_not_followed() -> None:
    """Its daemon is there."""
    assert open_screen(launch(["codex", "--remote", "ws://x"]), {}) is None


def test_the_screens_turn_is_told(private_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the daemon's socket, as soon as Enter was typed; the command stays as it was."""
    monkeypatch.setattr(follower, "LOOK_EVERY", 0.02)
    served = Served(private_dir)
    served.fake.threads[THREAD["id"]]["cwd"] = str(Path.cwd())
    started = launch(["codex", "-m", "gpt-5.5"])
    screen = open_screen(started, {"CODEX_HOME": str(private_dir)})
    assert isinstance(screen, CodexScreen)
    assert (screen.command, screen.added) == (started.command, ())
    told: list[Produced] = []

    def has(check: Callable[[list[Produced]], bool]) -> bool:
        told.extend(screen.first.poll())
        return check(told)

    with serving(served.socket, served.handle):
        assert screen.first.poll() == []
        wait_until(lambda: any(each[0] == "thread/read" for each in served.fake.asked))
        wait_until(lambda: THREAD["id"] in screen.listening.sessions._idle)
        screen.typed(b"\r")
        served.say(TURN)
        wait_until(lambda: has(lambda each: any(isinstance(x.payload, Committed) for x in each)))
        told += screen.first.finish(SessionOutcome.SUCCESS)
        screen.close()
    assert prose_of(view_of(told)) == ["It needs leave.", "It was allowed."]
    assert served.fake.answers == []


def test_typing_nothing_tells_nothing(private_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another screen's turn."""
    monkeypatch.setattr(follower, "LOOK_EVERY", 0.02)
    served = Served(private_dir)
    served.fake.threads[THREAD["id"]]["cwd"] = str(Path.cwd())
    screen = CodexScreen(["codex"], 1, {"CODEX_HOME": str(private_dir)}, "")
    with serving(served.socket, served.handle):
        assert screen.first.poll() == []
        wait_until(lambda: THREAD["id"] in screen.listening.sessions._idle)
        served.say(TURN[:1])
        wait_until(lambda: THREAD["id"] in screen.listening.sessions._active)
        screen.close()
    assert screen.first.poll() == []
    assert served.fake.joined == set()
