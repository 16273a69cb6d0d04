"""A daemon that is held up, and readers that leave half way: over a real socket."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.hub.publish import CREATE_DELAY
from tests.integration.plain_client import Connection, Publisher
from tests.waiting import wait_until

PAST = "past" * 30_000
"""More than one read, and less than the kernel holds for a daemon that doesn't read."""


def test_a_restore_that_reaches_a_suspended_daemon_is_taken(tmp_path: Path) -> None:
    """Its time to wait is over when it goes on; what is in the socket by then comes first."""
    path = str(tmp_path / "s")
    daemon = subprocess.Popen([sys.executable, "-m", "lashd", "--socket", path])
    try:
        wait_until(lambda: os.path.exists(path))
        publisher = Connection(path)
        publisher.send({"type": "open", "session_id": "s", "publisher_id": secrets.token_hex(16)})
        assert publisher.receive()["known"] is False
        daemon.send_signal(signal.SIGSTOP)
        os.waitpid(daemon.pid, os.WUNTRACED)
        view = {
            "session_id": "s",
            "entries": [{"kind": "user", "id": "a", "position": 1, "text": PAST}],
        }
        publisher.send({"type": "restore", "view": view, "last": 5})
        due = time.monotonic() + 1.5 * CREATE_DELAY
        wait_until(lambda: time.monotonic() > due)
        daemon.send_signal(signal.SIGCONT)
        assert publisher.receive()["taken"] is True
        publisher.close()
        reader = Connection(path)
        reader.send({"type": "show", "session_id": "s"})
        assert [entry["text"] for entry in reader.receive()["read_view"]["entries"]] == [PAST]
        reader.close()
    finally:
        daemon.send_signal(signal.SIGCONT)
        daemon.terminate()
        assert daemon.wait(20) == 0


def test_slow_readers_that_close_their_half_leave_no_error_in_the_log(
    daemon: EmbeddedDaemon, caplog: pytest.LogCaptureFixture
) -> None:
    """They are let go in the midst of a write, and their loss is reported once."""
    publisher = Publisher(daemon.socket_path, "s")
    for _ in range(4):
        publisher.publish({"type": "user_message", "text": "x" * 900_000})
        publisher.send()
        publisher.wait()
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            reader = Connection(daemon.socket_path)
            reader.send({"type": "attach", "session_id": "s", "start": "start"})
            assert reader.receive()["type"] == "attached"
            reader.socket.shutdown(socket.SHUT_WR)
            while reader.socket.recv(1 << 20):
                pass
            reader.close()
    publisher.connection.close()
    assert [record.getMessage() for record in caplog.records] == []
