"""`lashtui demo`: the script on its own daemon, in the app or as a stream.

For a stream the daemon runs in a thread. For the app it is a separate process
(`lashtui.demo.host`), which keeps running after the user detaches, so that they can come back.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lashtui import diagnostics
from lashtui.cli.parsing import no_tail
from lashtui.exit_codes import ExitCode

STREAM_SPEED = 25.0
"""On a pipe nobody watches it being typed: half a minute shrinks to a second or two."""
MAX_SPEED = 1000.0
GONE_WITHIN = 5.0
"""Seconds allowed for the host of an ended demo to exit; it needs less than one."""
COME_BACK = "detached; the demo is still running - come back: lashtui demo"
FAREWELL = "that was the demo; watch a command of your own: lashtui run -- make test"

_hosts: list[subprocess.Popen[bytes]] = []
"""Hosts outlive this process; Python warns of a running child that nothing refers to."""

DESCRIPTION = """\
A scripted session, in the app or, on a pipe, as a stream. It uses its own
daemon and leaves yours alone. Detach and come back with the same command; after
a minute with nobody attached the demo exits and cleans up.
"""
EXAMPLES = """\
examples:
  lashtui demo                       watch it in the app
  lashtui demo --speed 3             the same, three times as fast
  lashtui demo --format json | jq .  the records a script would get
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
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
        if problem := _no_terminal():
            diagnostics.error(problem)
            return ExitCode.USAGE
        return _app(args.speed or 1.0)
    # Python's default for SIGTERM leaves temporary directories behind.
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
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


def _app(speed: float) -> int:
    from lashd import paths
    from lashtui.app.start import run_app
    from lashtui.demo.host import SOCKET
    from lashtui.demo.script import SESSION
    from lashtui.saved.cursors import SavedCursors

    directory = os.path.join(paths.runtime_dir(), "demo")
    socket_path = os.path.join(directory, SOCKET)
    if _state(socket_path) in (None, "ended"):
        _start(directory, socket_path, speed)
    code = run_app(
        socket_path=socket_path,
        session=SESSION,
        wait=True,
        start_daemon=False,
        saved=SavedCursors(Path(directory) / "cursors"),
        detach_message="",
    )
    if code == ExitCode.DONE:
        over = _state(socket_path) in (None, "ended")
        diagnostics.say(FAREWELL if over else COME_BACK)
    return code


def _state(socket_path: str) -> str | None:
    """The state of the running demo; None if there is none."""
    from lashd.client.blocking import Client
    from lashd.errors import LashdError

    try:
        with Client(socket_path, timeout=2.0) as client:
            return next((str(session["state"]) for session in client.list()), None)
    except LashdError:
        return None


def _start(directory: str, socket_path: str, speed: float) -> None:
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
    host = subprocess.Popen(
        [sys.executable, "-m", "lashtui.demo.host", directory, str(speed)],
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


def _no_terminal() -> str:
    from lashtui.app.start import why_not

    as_text = "lashtui demo --format text"
    return why_not(os.environ, sys.stdin.isatty(), sys.stdout.isatty(), as_text)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def _speed(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MAX_SPEED:g}")
    return value
