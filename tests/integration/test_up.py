"""`lashtui up`: agents that run are found, published and followed, by one process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.publish.publisher import Publisher
from lashtui.cli.up import lock_path
from lashtui.process.background import MAX_LOG
from lashtui.process.only_one import end_holder, holder_of
from tests.integration.cli import DEADLINE, Cli, Reader
from tests.integration.test_discover import ID, NAME, expected, prose, sessions
from tests.tui.ingest.test_discovery import LINES, SESSION
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Agents:
    """Programs with agents' names that do nothing."""

    def __init__(self, cli: Cli, home: Path) -> None:
        self.home = home
        self._cli = cli
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *words: str) -> int:
        """One more, in the directory `work`; its process."""
        work, program = self.home / "work", self.home / "bin" / name
        work.mkdir(exist_ok=True)
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\necho up\nread line\n")
        program.chmod(0o755)
        process = subprocess.Popen(
            [str(program), *words],
            cwd=work,
            env=self._cli.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process.pid

    def end(self) -> None:
        """End all."""
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def agents(cli: Cli, tmp_path: Path) -> Iterator[Agents]:
    """None at first."""
    found = Agents(cli, tmp_path)
    yield found
    found.end()


@pytest.fixture
def tidy(cli: Cli, daemon: EmbeddedDaemon) -> Iterator[None]:
    """What goes on in the background ends with the test, and a daemon that it started."""
    yield
    if cli.socket_path != daemon.socket_path:
        cli.run("daemon", "stop")
    assert end_holder(lock_path(cli.socket_path), DEADLINE) is not False


def transcript(home: Path, *, age: float = 0.0, data: bytes = SESSION) -> Path:
    """A session of Claude's, as old as that."""
    path = home / ".claude" / "projects" / "p" / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def tell(home: Path, process: int) -> None:
    """Claude says which session a process runs."""
    place = home / ".claude" / "sessions"
    place.mkdir(parents=True, exist_ok=True)
    record = {"pid": process, "sessionId": NAME.partition(".")[0]}
    (place / f"{process}.json").write_text(json.dumps(record))


def own_lines(text: str, *processes: int) -> list[str]:
    """The lines about these processes: other agents may run on the machine."""
    return [line for line in text.splitlines() if any(f" {each} in " in line for each in processes)]


def test_it_finds_what_runs_and_goes_to_the_background(
    cli: Cli, daemon: EmbeddedDaemon, agents: Agents, tidy: None, tmp_path: Path
) -> None:
    """However long ago its file changed; a second one says so and exits, `--stop` ends it."""
    claude, aider = agents.start("claude"), agents.start("aider", "--message", "x")
    path = transcript(tmp_path, age=9000)
    tell(tmp_path, claude)
    done = cli.run("up")
    assert done.code == 0
    assert own_lines(done.out, claude, aider) == [
        line
        for line in own_lines(done.out, claude, aider)
        if line.startswith((f"claude {claude} in ~/work: its text", f"aider {aider} in ~/work: "))
    ]
    assert len(own_lines(done.out, claude, aider)) == 2
    process = holder_of(lock_path(cli.socket_path))
    assert f"(process {process})" in done.err
    assert prose(daemon, ID) == expected()
    assert sessions(daemon)[ID]["where"]["pid"] == claude
    with path.open("ab") as file:
        file.write(LINES[-3])
    for words in ((), ("--foreground",), ("--once",)):
        again = cli.run("up", *words)
        assert (again.code, again.out) == (0, "")
        assert f"already running (process {process})" in again.err
    assert f"running (process {process})" in cli.run("daemon", "status").out
    assert json.loads(cli.run("daemon", "status", "--format", "json").out)["up"] == process
    stopped = cli.run("up", "--stop")
    assert (stopped.code, stopped.out) == (0, "")
    assert "stopped" in stopped.err
    assert holder_of(lock_path(cli.socket_path)) is None
    assert "was not running" in cli.run("up", "--stop").err
    assert sessions(daemon)[ID]["state"] == "ended"


def test_once(cli: Cli, daemon: EmbeddedDaemon, agents: Agents, tmp_path: Path) -> None:
    """It publishes what is there; nothing goes on."""
    claude = agents.start("claude")
    transcript(tmp_path)
    tell(tmp_path, claude)
    done = cli.run("up", "--once")
    assert done.code == 0
    assert done.out.endswith(" published\n")
    assert prose(daemon, ID) == expected()
    assert holder_of(lock_path(cli.socket_path)) is None


def test_agents_that_begin_later(
    cli: Cli, daemon: EmbeddedDaemon, agents: Agents, tmp_path: Path
) -> None:
    """In the foreground: told as they come, until Ctrl-C. A crash leaves nothing in the way."""
    process = cli.start("up", "--foreground")
    try:
        reader = Reader(process)
        while not reader.line().endswith("followed; others as they begin"):
            pass
        transcript(tmp_path)
        while not (line := reader.line()).startswith(f"-- {ID} in "):
            pass
        assert line.startswith(f"-- {ID} in /home/dev/project is followed now: ")
        wait_until(lambda: prose(daemon, ID) == expected())
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    process = cli.start("up", "--foreground")
    try:
        reader = Reader(process)
        while not reader.line().endswith(" followed; others as they begin"):
            pass
        assert prose(daemon, ID) == expected()
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 130
    finally:
        process.kill()
        process.communicate()


def test_what_another_program_publishes_is_left_to_it(
    cli: Cli, daemon: EmbeddedDaemon, agents: Agents, tmp_path: Path
) -> None:
    """An agent under `run` or `tap` is there once."""
    claude = agents.start("claude")
    transcript(tmp_path)
    tell(tmp_path, claude)
    host = os.uname().nodename
    with Publisher(
        "build",
        socket_path=daemon.socket_path,
        start_daemon=False,
        where={"host": host, "pid": claude},
    ) as publisher:
        publisher.prose("mine")
        assert publisher.flush(DEADLINE)
        done = cli.run("up", "--once")
        assert own_lines(done.out, claude) == [
            f"claude {claude} in ~/work: published as build by the program that started it"
        ]
        assert set(sessions(daemon)) == {"build"}


def test_two_at_the_same_moment_are_one(
    cli: Cli, daemon: EmbeddedDaemon, tidy: None, tmp_path: Path
) -> None:
    """Whoever is second says so, whichever that is."""
    both = [cli.start("up") for _ in range(2)]
    errors = [process.communicate(timeout=DEADLINE)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    process = holder_of(lock_path(cli.socket_path))
    assert sum(f"in the background (process {process})" in each for each in errors) == 1
    assert sum("already running" in each for each in errors) == 1


def test_a_long_log_begins_again(
    cli: Cli, daemon: EmbeddedDaemon, tidy: None, tmp_path: Path
) -> None:
    """It is the user's alone."""
    folder = tmp_path / ".local" / "state" / "lashtui"
    assert cli.run("up").code == 0
    assert cli.run("up", "--stop").code == 0
    (log,) = folder.glob("up*.log")
    log.write_bytes(b"x" * (MAX_LOG + 1))
    assert cli.run("up").code == 0
    assert log.stat().st_size < 10_000


def test_a_session_that_goes_on_elsewhere(
    cli: Cli, daemon: EmbeddedDaemon, agents: Agents, tmp_path: Path
) -> None:
    """It has ended with its agent; another process of it goes on, and is where a person is led."""
    path = transcript(tmp_path, age=3000)
    process = cli.start("up", "--foreground")
    try:
        wait_until(lambda: sessions(daemon).get(ID, {}).get("state") == "ended")
        claude = agents.start("claude")
        tell(tmp_path, claude)
        again = SESSION.replace(b'"uuid": "', b'"uuid": "f').replace(b'"id": "', b'"id": "f')
        with path.open("ab") as file:
            file.write(again)
        wait_until(lambda: (sessions(daemon)[ID]["where"] or {}).get("pid") == claude)
        wait_until(lambda: prose(daemon, ID) == expected() * 2)
        wait_until(lambda: sessions(daemon)[ID]["publishers"] == 1)
    finally:
        process.kill()
        process.communicate()


def test_it_ends_with_the_daemon(cli: Cli, tidy: None, short_socket: str, tmp_path: Path) -> None:
    """One that was stopped; one that crashed is started again."""
    cli.environment["LASHTUI_SOCKET"] = cli.socket_path = short_socket
    done = cli.run("up")
    assert done.code == 0
    process = holder_of(lock_path(short_socket))
    daemon = int(json.loads(cli.run("daemon", "status", "--format", "json").out)["pid"])
    os.kill(daemon, signal.SIGKILL)
    wait_until(lambda: cli.run("daemon", "status").code == 0)
    assert holder_of(lock_path(short_socket)) == process
    assert cli.run("daemon", "stop").code == 0
    wait_until(lambda: holder_of(lock_path(short_socket)) is None)
    logs = list((tmp_path / ".local" / "state" / "lashtui").glob("up*.log"))
    assert [log.stat().st_mode & 0o777 for log in logs] == [0o600]
    assert "the daemon was stopped; so is this" in logs[0].read_text()
    assert cli.run("daemon", "status").code == 5


def test_wrong_use(cli: Cli) -> None:
    """One line, exit code 2."""
    for words in (("--once", "--stop"), ("--since", "soon"), ("--", "x")):
        done = cli.run("up", *words)
        assert done.code == 2
        assert done.err.count("\n") == 1
