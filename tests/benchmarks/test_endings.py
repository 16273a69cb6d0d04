"""The daemon's benchmark leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.daemon.load import compiler
from benchmarks.daemon.servers import ROOT
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or compiler() is None,
    reason="the load generator is for Linux and needs a C compiler",
)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_daemon(pid: int) -> bool:
    try:
        return b"--socket" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_was_started(number: signal.Signals, private_dir: Path) -> None:
    """Also in the middle of a run: the servers are gone, and so are their directories."""
    running = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.daemon", "paced", "--rounds", "9"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(private_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        daemons = wait_until(lambda: [*filter(is_daemon, children(running.pid))], "a daemon")

        os.kill(running.pid, number)
        _, told = running.communicate(timeout=30)
    finally:
        running.kill()
        running.communicate()

    assert running.returncode == 130
    assert b"everything that was started is ended" in told
    assert not any(map(is_daemon, daemons))
    assert list(private_dir.iterdir()) == []
