"""Codex's own screen, as a fake of its daemon tells it: the real commands, a real socket."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from tests.integration.cli import DEADLINE, Cli
from tests.integration.pseudo_terminal import in_pty
from tests.integration.test_discover import prose, sessions
from tests.tui.ingest.live.codex.server import turn_of_recording
from tests.tui.ingest.live.codex.test_socket import serving
from tests.tui.ingest.live.codex.test_source import Served
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

THREAD, TURN = turn_of_recording()
SAID = ["It needs leave.", "It was allowed."]
LIST = "thread/loaded/list"
ASKED = next(at for at, each in enumerate(TURN) if each["method"].endswith("Approval")) + 1


@pytest.fixture
def served(cli: Cli, private_dir: Path) -> Served:
    """A daemon of Codex's in Codex's directory; nobody listens yet."""
    cli.environment["CODEX_HOME"] = str(private_dir)
    served = Served(private_dir)
    served.fake.threads[THREAD["id"]]["cwd"] = str(Path.cwd())
    return served


def row(daemon: EmbeddedDaemon, name: str) -> dict[str, Any]:
    """A session in the list."""
    return sessions(daemon).get(name, {})


def test_discover_listens_at_the_daemon(cli: Cli, daemon: EmbeddedDaemon, served: Served) -> None:
    """The question is there while it waits, what is said as it is said; nothing is answered."""
    name = f"codex-{THREAD['id'][-8:]}"
    with serving(served.socket, served.handle):
        process = cli.start("discover")
        wait_until(lambda: row(daemon, name).get("directory") == str(Path.cwd()))
        served.say(TURN[:ASKED])
        wait_until(lambda: row(daemon, name).get("waiting_for") == "echo esc-ran")
        served.say(TURN[ASKED:])
        wait_until(lambda: prose(daemon, name) == SAID)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert b"warning" not in err
    assert served.fake.answers == []


def test_run_tells_the_session_of_its_screen(
    cli: Cli, daemon: EmbeddedDaemon, served: Served, tmp_path: Path
) -> None:
    """From the Enter that begins its turn; what the screen draws is nothing of it."""
    script = tmp_path / "codex"
    script.write_text("#!/bin/sh\necho a screen\nread one\necho entered\nread two\nexit 3\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    words = [sys.executable, "-m", "lashtui", "run", "-s", "s", "--", "codex"]
    with serving(served.socket, served.handle), in_pty(words, cli.environment) as program:
        program.read_until(b"a screen")
        program.until(lambda: [each for each, _ in served.fake.asked].count(LIST) > 1)
        program.press(b"\r")
        program.read_until(b"entered")
        served.say(TURN)
        program.until(lambda: prose(daemon, "s") == SAID)
        program.press(b"\r")
        assert program.wait(reading=True) == 3
    assert row(daemon, "s")["exit_code"] == 3
    assert b"can't be followed" not in program.output
    with Client(daemon.socket_path) as client:
        view = client.show("s")["read_view"]
    assert "screen" not in {each.get("name") for each in view["entries"]}
    assert served.fake.answers == []
