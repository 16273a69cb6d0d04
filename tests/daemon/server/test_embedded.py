"""A daemon in a thread: private, quick to start, gone without a trace."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading

import pytest

from lashd.errors import LifecycleError
from lashd.server.embedded import EmbeddedDaemon
from tests.integration.plain_client import Connection

DEADLINE = 20.0
"""Seconds to see the end of a connection."""


def test_it_serves_while_it_is_entered_and_leaves_nothing() -> None:
    """No thread, no socket and no directory stay behind."""
    with EmbeddedDaemon(incarnation=12) as daemon:
        directory = os.path.dirname(daemon.socket_path)
        assert stat.S_IMODE(os.lstat(directory).st_mode) == 0o700
        connection = Connection(daemon.socket_path)
        assert connection.hello["incarnation"] == 12
        connection.close()
    assert not os.path.exists(directory)
    assert not any(thread.name == "lashd" for thread in threading.enumerate())


def test_each_has_an_incarnation_of_its_own() -> None:
    """Cursors of one are never taken for cursors of another."""
    seen = set()
    for _ in range(3):
        with EmbeddedDaemon() as daemon:
            connection = Connection(daemon.socket_path)
            seen.add(connection.hello["incarnation"])
            connection.close()
    assert len(seen) == 3
    assert 0 not in seen


def test_a_failure_to_start_is_raised_where_it_was_asked_for() -> None:
    """In the caller's thread, as the error that it is."""
    with EmbeddedDaemon() as first, pytest.raises(LifecycleError, match="already"):
        EmbeddedDaemon(socket_path=first.socket_path).start()


def test_stopping_twice_is_stopping_once() -> None:
    """`stop` after the end does nothing."""
    daemon = EmbeddedDaemon()
    daemon.start()
    daemon.stop()
    daemon.stop()


def test_it_may_have_stopped_by_itself() -> None:
    """A client's `stop` ends it; leaving the context is fine all the same."""
    with EmbeddedDaemon() as daemon:
        connection = Connection(daemon.socket_path)
        connection.send({"type": "stop"})
        assert connection.receive()["type"] == "stopping"
        connection.close()


def test_whoever_connects_as_it_stops_is_let_go() -> None:
    """No connection is left open, however late it came: each client sees the end of it."""
    for _ in range(5):
        daemon = EmbeddedDaemon()
        daemon.start()
        clients = []
        for _ in range(300):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(DEADLINE)
            client.connect(daemon.socket_path)
            clients.append(client)
        daemon.stop()
        for client in clients:
            with client, contextlib.suppress(ConnectionResetError):
                while client.recv(4096):
                    pass
