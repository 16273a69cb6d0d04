"""`lashtui demo`: a script, or a fleet of them, on its own daemon, in the app or on a pipe.

For a pipe the daemon runs in a thread. For the app it is a separate process
(`lashtui.demo.host`), which keeps running after the user detaches, so that they can come back.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lashtui import diagnostics
from lashtui.cli.parsing import no_tail
from lashtui.exit_codes import ExitCode

STREAM_SPEED = 25.0
"""On a pipe nobody watches it being typed: half a minute shrinks to a second or two."""
MAX_SPEED = 1000.0
MAX_AGENTS = 500
"""Each has a thread and two ends of a connection: as many as one process is sure to carry."""
GONE_WITHIN = 5.0
"""Seconds allowed for the host of an ended demo to exit; it needs less than one."""
COME_BACK = "detached; the demo is still running - come back: {}"
FAREWELL = "that was the demo; watch a command of your own: lashtui run -- make test"

_hosts: list[subprocess.Popen[bytes]] = []
"""Hosts outlive this process; Python warns of a running child that nothing refers to."""

DESCRIPTION = """\
A scripted session, in the app or, on a pipe, as a stream. With --fleet, many
agents at once: some work, some need you, some failed or are stuck; on a pipe,
their list. It uses its own daemon and leaves yours alone. Detach and come back
with the same command; after a minute with nobody attached the demo exits and
cleans up.
"""
EXAMPLES = """\
examples:
  lashtui demo                       watch it in the app
  lashtui demo --speed 3             the same, three times as fast
  lashtui demo --fleet 30            thirty agents on one screen
  lashtui demo --format json | jq .  the records a script would get
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--fleet", type=_agents, metavar="N", help="play N agents at once, from 1 to 500"
    )
    parser.add_argument(
        "--speed", type=_speed, metavar="X", help="play X times as fast (default 1; on a pipe 25)"
    )
    parser.add_argument(
        "--format", choices=("tui", "text", "json"), help="tui: the app (a terminal's default)"
    )


def run(args: argparse.Namespace) -> int:
    """Play the demo; the exit code."""
    no_tail(args)
    if args.format == "tui" or (args.format is None and sys.stdout.isatty()):
        if problem := _no_terminal(args.fleet):
            diagnostics.error(problem)
            return ExitCode.USAGE
        return _app(args.speed or 1.0, args.fleet)
    # Python's default for SIGTERM leaves temporary directories behind.
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        if args.fleet is not None:
            return _list(args.format or "text", args.fleet)
        return _stream(args.format or "text", args.speed or STREAM_SPEED)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def _stream(form: str, speed: float) -> int:
    from lashd.daemon import EmbeddedDaemon
    from lashtui.cli.main import main as lashtui
    from lashtui.demo.play import play_on

    with EmbeddedDaemon() as daemon, play_on(daemon.socket_path, speed) as session:
        how = ["attach", session, "--wait", "--format", form, "--until", "end"]
        return lashtui(["--socket", daemon.socket_path, *how])


def _list(form: str, agents: int) -> int:
    """A fleet doesn't end, so a pipe gets what there is when it begins."""
    from lashd.daemon import EmbeddedDaemon
    from lashtui.cli.main import main as lashtui
    from lashtui.demo.host import limits_for, played_on

    with (
        EmbeddedDaemon(limits=limits_for(agents)) as daemon,
        played_on(daemon.socket_path, 1.0, agents),
    ):
        how = ["ls", "--format", "json" if form == "json" else "table"]
        return lashtui(["--socket", daemon.socket_path, *how])


def _app(speed: float, agents: int | None) -> int:
    from lashd import paths
    from lashtui.app.start import run_app
    from lashtui.demo.host import SOCKET
    from lashtui.demo.script import SESSION
    from lashtui.saved.cursors import SavedCursors

    # Fleets of different sizes are different demos: each is come back to by its own command.
    name = "demo" if agents is None else f"fleet-{agents}"
    directory = os.path.join(paths.runtime_dir(), name)
    socket_path = os.path.join(directory, SOCKET)
    ensure(directory, socket_path, speed, agents)
    command = _command(agents)
    code = run_app(
        socket_path=socket_path,
        session=SESSION if agents is None else None,
        wait=True,
        start_daemon=False,
        restart=command,
        saved=SavedCursors(Path(directory) / "cursors"),
        marks=Path(directory) / "fleet.json",
        detach_message="",
    )
    if code == ExitCode.DONE:
        over = _is_over(socket_path, agents)
        diagnostics.say(FAREWELL if over else COME_BACK.format(command))
    return code


def ensure(directory: str, socket_path: str, speed: float, agents: int | None) -> None:
    """Such a demo runs once this returns. Two that begin at the same moment start one.

    Raises:
        LifecycleError: it can't be started.
    """
    with _only_one(directory):
        if _is_over(socket_path, agents):
            _start(directory, socket_path, speed, agents)


@contextmanager
def _only_one(directory: str) -> Iterator[None]:
    """Others wait meanwhile. The lock is beside the directory, which comes and goes."""
    from lashd import paths
    from lashd.errors import LifecycleError

    paths.make_private_dir(os.path.dirname(directory))
    path = f"{directory}.lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LifecycleError(f"can't open {path}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held while one demo starts: seconds
        yield
    finally:
        os.close(lock)


def _is_over(socket_path: str, agents: int | None) -> bool:
    """No such demo runs, or its session has ended; a fleet goes on for as long as it is watched."""
    from lashd.client.blocking import Client
    from lashd.errors import LashdError

    try:
        with Client(socket_path, timeout=2.0) as client:
            states = [str(session["state"]) for session in client.list()]
    except LashdError:
        return True
    return not states or (agents is None and states[0] == "ended")


def _start(directory: str, socket_path: str, speed: float, agents: int | None) -> None:
    """Start a new demo, replacing one that has ended; return once it is listening.

    Raises:
        LifecycleError: it can't be started.
    """
    from lashd import paths
    from lashd.connect.launch import stop_daemon
    from lashd.errors import LifecycleError

    if stop_daemon(socket_path):
        _wait_until_gone(directory)
    shutil.rmtree(directory, ignore_errors=True)  # left by a host that was killed
    paths.make_private_dir(directory)
    # In its own session: the terminal may close while it waits for the user to come back.
    size = [] if agents is None else [str(agents)]
    host = subprocess.Popen(
        [sys.executable, "-m", "lashtui.demo.host", directory, str(speed), *size],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert host.stdout is not None
    with host.stdout:
        if not host.stdout.readline():
            raise LifecycleError(f"can't start the demo in {directory}")
    _hosts.append(host)


def _wait_until_gone(directory: str) -> None:
    """Wait for the previous host, which removes its directory last."""
    deadline = time.monotonic() + GONE_WITHIN
    while os.path.exists(directory) and time.monotonic() < deadline:
        time.sleep(0.02)


def _command(agents: int | None) -> str:
    """What starts this demo, and comes back to it."""
    return "lashtui demo" if agents is None else f"lashtui demo --fleet {agents}"


def _no_terminal(agents: int | None) -> str:
    from lashtui.app.start import why_not

    as_text = f"{_command(agents)} --format text"
    return why_not(os.environ, sys.stdin.isatty(), sys.stdout.isatty(), as_text)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def _speed(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MAX_SPEED:g}")
    return value


def _agents(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= MAX_AGENTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_AGENTS}")
    return number
