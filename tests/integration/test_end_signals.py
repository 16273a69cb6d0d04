"""The app is asked to end, in a terminal that reads and in one that has stopped reading."""

from __future__ import annotations

import os
import select
import signal
import termios
import time
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from struct import unpack

import pytest

from lashd.cursor import SessionCursor
from lashd.daemon import EmbeddedDaemon
from lashd.publish.publisher import Publisher
from lashtui.saved.cursors import SavedCursors
from tests.tui.daemons import publisher, say

from .pseudo_terminal import Pty, in_pty
from .terminal import PATIENCE, Place

pytestmark = pytest.mark.timeout(120)

SIGNALS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Publisher, Pty, SavedCursors]]:
    """A session, an app that shows it, and where its reader's place is kept."""
    place = Place(tmp_path)
    with EmbeddedDaemon() as daemon, publisher(daemon.socket_path) as agent:
        say(agent, "said before\n\n", "a")
        env = {**place.env, "LASHTUI_SOCKET": daemon.socket_path}
        with in_pty(["lashtui", "attach", "build"], env) as app:
            app.read_until(b"said before")
            app.read_until("● connected".encode())
            yield (
                agent,
                app,
                SavedCursors(tmp_path / "state" / "lashtui" / "cursors", daemon.socket_path),
            )


def place_of(saved: SavedCursors) -> int:
    """n of the saved cursor; 0 where there is none."""
    cursor = saved.get("build")
    return 0 if cursor is None else SessionCursor(cursor).parse().n


def stall(agent: Publisher, app: Pty) -> None:
    """Say more and more, a frame's worth at a time, until the app has long written nothing."""
    written, since = -1, time.monotonic()
    deadline = since + PATIENCE
    while time.monotonic() - since < 1.5:
        assert time.monotonic() < deadline, "it goes on writing"
        say(agent, "text that goes on for a while and fills the screen\n\n" * 8, "a")
        select.select([], [], [], 0.02)
        waiting = unpack("i", ioctl(app.fd, termios.FIONREAD, b"\0\0\0\0"))[0]
        if waiting != written:
            written, since = waiting, time.monotonic()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_is_a_detach(
    opened: tuple[Publisher, Pty, SavedCursors], number: signal.Signals, code: int
) -> None:
    """The alternate screen is left, terminal and title are as they were, and the place is kept."""
    agent, app, saved = opened
    assert not app.is_cooked()
    say(agent, "and after", "a")
    app.read_until(b"and after")
    os.kill(app.pid, number)
    assert app.wait(reading=True) == code
    assert b"\x1b[?1049l" in app.output
    assert b"\x1b[23;2t" in app.output
    assert app.is_cooked()
    assert place_of(saved) >= 3
    assert (b"come back" in app.output) == (number != signal.SIGHUP)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_terminal_that_reads_no_more_holds_nobody(
    opened: tuple[Publisher, Pty, SavedCursors], number: signal.Signals, code: int
) -> None:
    """The app ends all the same, keeps the place and gives the terminal its modes back."""
    agent, app, saved = opened
    before = place_of(saved)
    stall(agent, app)
    os.kill(app.pid, number)
    assert app.wait(reading=False) == code
    assert app.is_cooked()
    assert place_of(saved) > before
