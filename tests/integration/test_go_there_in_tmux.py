"""From the app to the terminal of the agent that waits, in a real tmux."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lashd.events import Waiting
from lashd.view import Tmux, Where
from tests.tui.daemons import PATIENCE, publisher

from .terminal import Place, needs_tmux, place, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(120)]


def tmux(here: Place, socket: Path, *args: str) -> str:
    """A command for the tmux server under test."""
    done = subprocess.run(
        ["tmux", "-S", str(socket), "-f", "/dev/null", *args],
        env=here.env,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("focus", ["on", "off"])
def test_one_key_leads_to_the_pane_of_the_agent(focus: str) -> None:
    """In another session of the same server, in a window and pane that are not in front."""
    with place() as here:
        assert here.lashtui("daemon", "start").returncode == 0
        inner = here.root / "inner"
        agent = "sh -c 'echo AGENT IS HERE; cat'"
        tmux(here, inner, "new-session", "-d", "-s", "agents", "-x", "100", "-y", "30", "cat")
        tmux(here, inner, "set-option", "-g", "focus-events", focus)
        pane = tmux(
            here, inner, "new-window", "-d", "-t", "agents", "-P", "-F", "#{pane_id}", agent
        )
        tmux(here, inner, "split-window", "-t", pane, "cat")
        where = Where(host=os.uname().nodename, tmux=Tmux(str(inner), pane))
        with publisher(str(here.socket), "build", where=where) as opened:
            opened.publish(Waiting("may I push?"))
            assert opened.flush(PATIENCE)
            command = f"tmux -S {inner} -f /dev/null new-session -s app lashtui attach build"
            with terminal(here, command) as window:
                window.wait_for("may I push?", f"answer in tmux {pane}", "o Go to terminal")
                window.type("o")
                window.wait_for("AGENT IS HERE")
                front = "#{session_name} #{pane_id}"
                assert tmux(here, inner, "list-clients", "-F", front) == f"agents {pane}"
                tmux(here, inner, "kill-pane", "-t", pane)
                tmux(here, inner, "switch-client", "-t", "app")
                window.wait_for("may I push?")
                window.type("o")
                window.wait_for("tmux: can't find pane")
        tmux(here, inner, "kill-server")
