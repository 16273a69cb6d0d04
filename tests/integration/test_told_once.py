"""A session that `run` tells while `discover` follows the agent's files stands in the list once."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from lashtui.ingest.claims import claims_folder
from tests.integration.cli import Cli, Reader
from tests.integration.test_discover import found, prose, sessions
from tests.tui.ingest.test_discovery import SESSION as OTHER
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

ID = "a3142cd4-e7b4-4442-a568-f3e248302560"
BY_FILE = "claude-a3142cd4"
STANDIN = Path(__file__).parents[1] / "data" / "session_standin.py"


class Scene:
    """A Claude that says what it is told to say, and a session that nobody else tells."""

    def __init__(self, cli: Cli, home: Path) -> None:
        self.cli = cli
        self.path = home / ".claude" / "projects" / "p" / f"{ID}.jsonl"
        self.words = home / "words"
        os.mkfifo(self.words)
        program = home / "bin" / "claude"
        program.parent.mkdir()
        play = shlex.join([sys.executable, str(STANDIN), ID, str(self.path)])
        program.write_text(f"#!/bin/sh\nexec {play}\n")
        program.chmod(0o755)
        cli.environment["PATH"] = f"{program.parent}:{cli.environment['PATH']}"
        cli.environment["STANDIN_WORDS"] = str(self.words)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command of ours."""
        self.processes.append(self.cli.start(*words))
        return self.processes[-1]

    def claude(self) -> IO[str]:
        """Run it; what is written here it says."""
        self.start("run", "--no-start", "--", "claude", "-p", "hi")
        return self.words.open("w", encoding="utf-8")

    def another(self, first: str) -> None:
        """A session whose id begins with another character."""
        path = self.path.with_name(f"{first}{ID[1:]}.jsonl")
        path.write_bytes(OTHER)

    def is_looked_at(self, reader: Reader, daemon: EmbeddedDaemon) -> None:
        """What `discover` has not found by now it has passed over: another one is found."""
        self.another("b")
        assert found(reader).startswith("claude-b3142cd4")
        assert BY_FILE not in sessions(daemon)


@pytest.fixture
def scene(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> Iterator[Scene]:
    """One; nothing of it is left running."""
    here = Scene(cli, tmp_path)
    here.path.parent.mkdir(parents=True)
    yield here
    for each in here.processes:
        each.kill()
        each.communicate()


def say(claude: IO[str], word: str) -> None:
    """It says this."""
    claude.write(f"{word}\n")
    claude.flush()


def test_discover_first(scene: Scene, daemon: EmbeddedDaemon) -> None:
    """The run's session is the only one, while it runs and after it, and when it was found before
    the run knew which it is.
    """
    scene.another("b")
    reader = Reader(scene.start("discover", "--no-start"))
    assert found(reader).startswith("claude-b3142cd4")
    claude = scene.claude()
    say(claude, "one")
    wait_until(lambda: prose(daemon, "claude") == ["one"])
    wait_until(lambda: BY_FILE not in sessions(daemon) and scene.path.exists())
    say(claude, "two")
    claude.close()
    wait_until(lambda: sessions(daemon)["claude"]["state"] == "ended")
    scene.another("c")
    while not found(reader).startswith("claude-c3142cd4"):
        pass  # it may have been faster than the claim
    wait_until(lambda: "claude-c3142cd4" in sessions(daemon))
    assert BY_FILE not in sessions(daemon)
    assert prose(daemon, "claude") == ["one", "two"]


def test_run_first(scene: Scene, daemon: EmbeddedDaemon) -> None:
    """What `discover` finds when it begins is passed over."""
    claude = scene.claude()
    say(claude, "one")
    wait_until(lambda: prose(daemon, "claude") == ["one"])
    reader = Reader(scene.start("discover", "--no-start"))
    scene.is_looked_at(reader, daemon)
    claude.close()


def test_a_run_that_is_killed(scene: Scene, daemon: EmbeddedDaemon) -> None:
    """The agent's file tells the session from then on, and nothing of the claim is left."""
    claude = scene.claude()
    say(claude, "one")
    wait_until(lambda: prose(daemon, "claude") == ["one"])
    reader = Reader(scene.start("discover", "--no-start"))
    scene.is_looked_at(reader, daemon)
    run = scene.processes[0]
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert found(reader).startswith(BY_FILE)
    wait_until(lambda: prose(daemon, BY_FILE) == ["one"])
    wait_until(lambda: os.listdir(claims_folder(scene.cli.socket_path)) == [])
    claude.close()


def test_a_run_for_another_daemon(scene: Scene, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """Claims nothing at this one."""
    elsewhere = str(tmp_path / "e.sock")
    scene.start("--socket", elsewhere, "run", "--no-start", "--", "claude", "-p", "hi")
    with scene.words.open("w", encoding="utf-8") as claude:
        say(claude, "one")
        reader = Reader(scene.start("discover", "--no-start"))
        assert found(reader).startswith(BY_FILE)
        wait_until(lambda: prose(daemon, BY_FILE) == ["one"])
