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
from lashd.daemon import EmbeddedDaemon
from lashd.errors import ConnectionFailed
from lashd.limits import DaemonLimits
from lashtui.demo.host import LINGER, SOCKET, Linger, limits_for, played_on, viewers, wait
from lashtui.demo.script import SESSION
from tests.waiting import wait_until

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


def test_a_fleet_is_kept_while_somebody_looks_at_its_list() -> None:
    """A connection that watches no session is a viewer too; the agents' own are not."""
    with (
        EmbeddedDaemon() as daemon,
        played_on(daemon.socket_path, 1.0, 3),
        Client(daemon.socket_path) as host,
    ):
        assert viewers(host) == 0
        with Client(daemon.socket_path):
            assert viewers(host) == 1
        wait_until(lambda: viewers(host) == 0, lambda: "the viewer to be gone")


def test_the_largest_fleet_leaves_room_forviewers() -> None:
    """A daemon of the usual bounds would take 512 connections."""
    assert limits_for(None) == DaemonLimits()
    assert limits_for(30) == DaemonLimits()
    assert limits_for(500).max_connections >= 550
