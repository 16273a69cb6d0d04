"""The demo as a separate process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from lashd.client.blocking import Client
from lashd.errors import ConnectionFailed
from lashtui.demo.host import LINGER, SOCKET, Linger, wait
from lashtui.demo.script import SESSION

PATIENCE = 30.0


def test_it_waits_for_a_user_who_has_detached() -> None:
    """LINGER seconds from the last check that found a viewer."""
    linger = Linger(100.0)
    assert not linger.is_over(0, 100.0 + LINGER - 0.1)
    assert not linger.is_over(1, 100.0 + LINGER)
    assert not linger.is_over(0, 100.0 + 2 * LINGER - 0.1)
    assert linger.is_over(0, 100.0 + 2 * LINGER)


def test_it_ends_with_its_socket_its_daemon_or_a_signal() -> None:
    """Whichever comes first; it doesn't wait for anyone then."""
    asked: list[int] = []

    def gone() -> int:
        raise ConnectionFailed("stopped")

    def ask() -> int:
        asked.append(1)
        return 1

    wait(ask, lambda: False, threading.Event())
    stop = threading.Event()
    stop.set()
    wait(ask, lambda: True, stop)
    assert asked == []
    wait(gone, lambda: True, threading.Event())


def test_it_plays_until_it_is_ended_and_leaves_nothing() -> None:
    """It prints a line once it is listening; SIGTERM ends it."""
    with TemporaryDirectory(prefix="lt-", dir="/tmp") as base:
        directory = Path(base) / "demo"
        directory.mkdir(mode=0o700)
        with subprocess.Popen(
            [sys.executable, "-m", "lashtui.demo.host", str(directory), "1000"],
            stdout=subprocess.PIPE,
            text=True,
        ) as host:
            assert host.stdout is not None
            assert host.stdout.readline() == "ready\n"
            client = Client(os.fspath(directory / SOCKET))
            with client, client.attach(SESSION, wait=True) as stream:
                assert stream.read(PATIENCE)[0]["type"] == "attached"
            host.send_signal(signal.SIGTERM)
            assert host.wait(PATIENCE) == 0
        assert not directory.exists()
