"""From a line of a file in a transcript to the editor and back, in a real terminal."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import AssistantProseDelta
from tests.tui.daemons import PATIENCE, publisher

from .terminal import Place, needs_tmux, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(120)]

EDITOR = """\
import os, signal, sys, termios, tty
saved = termios.tcgetattr(0)
def draw():
    tty.setcbreak(0)
    os.write(1, b"\\x1b[?1049h\\x1b[2J\\x1b[HEDITING " + " ".join(sys.argv[1:]).encode())
def leave():
    os.write(1, b"\\x1b[?1049l")
    termios.tcsetattr(0, termios.TCSADRAIN, saved)
signal.signal(signal.SIGINT, lambda *_: os.write(1, b" interrupted"))
draw()
while (key := os.read(0, 1)) != b"q":
    if key == b"s":
        leave()
        os.kill(0, signal.SIGTSTP)
        draw()
    os.write(1, b" key " + key)
leave()
"""
"""An editor as vim: `s` stops it together with its process group, as vim's ctrl+z does."""


def test_the_editor_has_the_terminal_and_the_app_goes_on_behind(tmp_path: Path) -> None:
    """Keys, ctrl+c and stops are the editor's; afterwards the app is back, with what came."""
    here = Place(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a b.py").write_text("x")
    (tmp_path / "src" / "a.py").write_text("x")
    (tmp_path / "editor.py").write_text(EDITOR)
    here.env["EDITOR"] = shlex.join([sys.executable, str(tmp_path / "editor.py")])
    with EmbeddedDaemon() as daemon:
        here.env["LASHTUI_SOCKET"] = daemon.socket_path
        with publisher(daemon.socket_path, "build", directory=str(tmp_path)) as agent:
            agent.publish(AssistantProseDelta("look at src/a.py:7"), correlation_id="p")
            assert agent.flush(PATIENCE)
            with terminal(here, "lashtui attach build") as window:
                window.wait_for("look at", "● connected")
                window.type("u")
                window.wait_for("src/a.py:7", "⏎ open")
                window.press("Enter")
                path = (tmp_path / "src" / "a.py").resolve()
                window.wait_for(f"EDITING +7 {path}")
                window.type("jq"[:1])
                window.wait_for("key j")
                window.press("C-c")
                window.wait_for("interrupted")
                agent.publish(AssistantProseDelta("came meanwhile"), correlation_id="later")
                assert agent.flush(PATIENCE)
                window.type("s")
                window.wait_for("Stopped")
                window.type("fg", enter=True)
                window.wait_for("EDITING")
                window.type("q")
                window.wait_for("look at", "came meanwhile", "● connected")
                window.type("?")
                window.wait_for("Esc to close")
