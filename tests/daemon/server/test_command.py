"""The `lashd` command: one line when it listens, signals, exit codes, and every bound a flag."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from lashd.limits import DaemonLimits, StoreLimits, ViewLimits
from lashd.protocol.client import ClientConnection, pack
from lashd.protocol.requests import PING
from lashd.server import command
from lashd.server.server import SUSPENDED_FOR
from tests.integration.plain_client import Connection, GoneError, Record
from tests.waiting import wait_until

TIMEOUT = 30


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private directory for a socket, and no configuration of the user's."""
    with tempfile.TemporaryDirectory(prefix="lc-", dir="/tmp") as directory:
        monkeypatch.setenv("XDG_CONFIG_HOME", directory + "/config")
        monkeypatch.delenv("LASHTUI_SOCKET", raising=False)
        yield Path(directory)


def start(path: Path, *flags: str) -> subprocess.Popen[str]:
    """`lashd` at `path`; returns when it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lashd", "--socket", str(path), *flags],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == f"listening on {path}\n"
    return process


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and what more it said."""
    _, errors = process.communicate(timeout=TIMEOUT)
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_gracefully(place: Path, number: signal.Signals) -> None:
    """Clients get `stopping`, the socket is removed, the exit code is 0."""
    process = start(place / "s")
    connection = Connection(str(place / "s"))
    process.send_signal(number)
    assert connection.receive()["type"] == "stopping"
    with pytest.raises(GoneError):
        connection.receive()
    connection.close()
    assert finish(process) == (0, "")
    assert not (place / "s").exists()


def test_a_second_daemon_says_who_is_there_and_fails(place: Path) -> None:
    """One line with the pid of the first, and exit code 1."""
    process = start(place / "s")
    second = subprocess.run(
        [sys.executable, "-m", "lashd", "--socket", str(place / "s")],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"pid {process.pid}" in second.stderr
    assert second.stdout == ""
    process.terminate()
    assert finish(process)[0] == 0


def test_a_killed_daemons_socket_is_taken_over(place: Path) -> None:
    """Nothing has to be cleaned up by hand."""
    first = start(place / "s")
    first.kill()
    finish(first)
    assert (place / "s").exists()
    second = start(place / "s")
    Connection(str(place / "s")).close()
    second.terminate()
    assert finish(second)[0] == 0


def test_idle_exit_ends_it(place: Path) -> None:
    """Without a connection for that long it ends by itself, with 0."""
    assert finish(start(place / "s", "--idle-exit", "0.05")) == (0, "")


def test_what_came_in_time_counts_after_a_suspension(place: Path) -> None:
    """A client says hello while the daemon is stopped, and is served however late that goes on."""
    timeout = 2.0
    process = start(place / "s", "--hello-timeout", str(timeout))
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(TIMEOUT)
        client.connect(str(place / "s"))
        protocol = ClientConnection()
        while protocol.hello is None:
            protocol.receive(client.recv(4096))
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        overdue = time.monotonic() + timeout + 2 * SUSPENDED_FOR
        client.sendall(protocol.greeting() + pack(PING))
        wait_until(lambda: time.monotonic() > overdue)
        process.send_signal(signal.SIGCONT)
        replies: list[Record] = []
        while not replies:
            replies = protocol.receive(client.recv(4096))
    assert replies == [{"type": "pong"}]
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (0, "")


def test_flags_reach_the_daemon(place: Path) -> None:
    """The bounds given are the ones in force, as `status` shows."""
    process = start(place / "s", "--max-events-per-session", "7", "--view-max-entries", "9")
    connection = Connection(str(place / "s"))
    connection.send({"type": "status"})
    status = connection.receive()
    connection.close()
    assert status["limits"]["store"]["max_events_per_session"] == 7
    assert status["limits"]["view"]["max_entries"] == 9
    assert (status["pid"], status["socket"]) == (process.pid, str(place / "s"))
    process.terminate()
    assert finish(process)[0] == 0


def test_every_bound_has_a_flag() -> None:
    """A bound that is added can be configured."""
    numbers = {
        field.name
        for part in (StoreLimits(), ViewLimits(), DaemonLimits())
        for field in fields(part)
        if isinstance(getattr(part, field.name), int | float)
    }
    assert set(command._FLAGS) == numbers
    given = dict.fromkeys(numbers, 3)
    limits = command._with_flags(DaemonLimits(), given)
    for part in (limits, limits.store, limits.view):
        for field in fields(part):
            if field.name in numbers:
                assert getattr(part, field.name) == 3


def test_flags_win_over_the_configuration(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command line leaves out comes from config.toml."""
    (place / "config" / "lashtui").mkdir(parents=True)
    (place / "config" / "lashtui" / "config.toml").write_text(
        "[daemon]\npublisher_grace = 3\nmax_connections = 5\n"
    )
    seen: list[command.Options] = []

    def keep(path: str, options: command.Options) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr(command, "run_foreground", keep)
    assert command.main(["--socket", str(place / "s"), "--max-connections", "6"]) == 0
    assert (seen[0].limits.publisher_grace, seen[0].limits.max_connections) == (3, 6)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--max-age", "0"], 2),
        (["--max-age", "soon"], 2),
        (["--max-sessions", "1.5"], 2),
        (["--idle-exit", "inf"], 2),
        (["--nonsense"], 2),
        (["--socket", "/tmp/" + "x" * 200], 2),
        (["--socket", "/proc/nowhere/s"], 1),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_usage_errors_have_another_exit_code_than_failures(
    place: Path, argv: list[str], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """2 for what was typed, 1 for what went wrong; one message, never a traceback."""
    try:
        found = command.main(argv)
    except SystemExit as error:
        found = int(error.code or 0)
    assert found == code
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    assert bool(errors) == (code != 0)


def test_it_keeps_running_without_a_stderr(place: Path) -> None:
    """A reader of its log that goes away does not take the daemon along."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = subprocess.Popen(
        [sys.executable, "-m", "lashd", "--socket", str(place / "s"), "--idle-exit", "0.2"],
        stderr=write_end,
    )
    os.close(write_end)
    assert process.wait(TIMEOUT) == 0
