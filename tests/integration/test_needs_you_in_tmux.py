"""Who needs a person is heard of in a stock tmux, whatever one looks at."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed, Waiting
from tests.tui.daemons import PATIENCE, publisher, say
from tests.waiting import wait_until

from .terminal import Place, needs_tmux, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(120)]

TELL = """
import os, sys
names = ("KIND", "SESSION", "HOST", "TEXT")
with open(sys.argv[1], "a") as file:
    print(*[os.environ["LASHTUI_" + name] for name in names], sep="|", file=file)
"""


def test_a_question_of_a_session_in_no_tab_rings_and_runs_the_command(tmp_path: Path) -> None:
    """The person is in another window of a tmux that reports no focus: its bell flag says so, the
    command ran once, and the key goes there."""
    with ExitStack() as stack:
        here = Place(tmp_path)
        daemon = stack.enter_context(EmbeddedDaemon())
        here.env["LASHTUI_SOCKET"] = daemon.socket_path
        told, script = tmp_path / "told", tmp_path / "tell.py"
        script.write_text(TELL)
        config = tmp_path / "config" / "lashtui" / "config.toml"
        config.parent.mkdir(parents=True)
        command = [sys.executable, str(script), str(told)]
        config.write_text(f"[app.notify]\ncommand = {command!r}\n".replace("'", '"'))
        front, other = (
            stack.enter_context(publisher(daemon.socket_path, name)) for name in ("front", "other")
        )
        say(front, "in front", "a")
        say(other, "elsewhere", "a")
        third = stack.enter_context(publisher(daemon.socket_path, "third"))
        third.publish(Waiting("asked before"))
        assert third.flush(PATIENCE)
        window = stack.enter_context(terminal(here, "lashtui attach front"))
        # The counter is there when the list is followed; what was asked before rings nobody.
        window.wait_for("in front", "● connected", "‼ 1 needs you")
        window.look_away()
        assert not window.has_rung()
        other.publish(Waiting("may I pull?"))
        assert other.flush(PATIENCE)
        wait_until(window.has_rung)
        wait_until(lambda: told.exists() and "waiting|other||other: waiting" in told.read_text())
        other.publish(Committed())
        other.publish(Waiting("may I push?"))
        assert other.flush(PATIENCE)
        # The second run comes five seconds after the first, and once.
        wait_until(lambda: told.read_text().count("\n") == 2)
        last = "waiting|other||other: waiting for you: may I push?"
        assert told.read_text().splitlines()[-1] == last
        window.look_back()
        window.wait_for("‼ 2 need you")
        assert "‼2 · ● front · running" in window.title()
        window.type("!")
        window.wait_for("asked before")
        window.type("!")
        window.wait_for("elsewhere", "may I push?")
