"""Where a soak takes place: sockets, the daemon's process, and the processes that are disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lashd.client.blocking import Client
from lashd.errors import LashdError
from tests.soak.figures import Figures

ANSWER_WITHIN = 30.0
"""Seconds in which a daemon answers that was started, or whose socket was deleted, on a machine as
busy as this; that it takes no more than 5 is held by a test of its own."""

DAEMON = (
    "--max-events-per-session=1500",
    "--max-age=8",
    "--publisher-grace=3",
    "--drain-timeout=1",
    "--max-connections=256",
)
"""Bounds so small that all of them are reached."""


class Stage:
    """One daemon at a time, at one path."""

    def __init__(self, directory: Path, figures: Figures) -> None:
        self.directory = directory
        self.figures = figures
        self.socket_path = str(directory / "d")
        self.proxy_path = str(directory / "p")
        self.tap_path = str(directory / "t")
        self.log_path = directory / "daemon.log"
        self.over = threading.Event()
        """No new sessions are begun."""
        self._daemon: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    # -- the daemon -------------------------------------------------------------------------------

    def start_daemon(self) -> None:
        """Start it, and wait until it answers."""
        self._daemon = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "lashd",
                *("--socket", self.socket_path),
                *("--log-file", str(self.log_path)),
                *DAEMON,
            ],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.await_answer("was started")

    def await_answer(self, why: str) -> None:
        """Wait until the daemon answers; note it if it doesn't."""
        deadline = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < deadline:
            with suppress(LashdError, OSError), Client(self.socket_path) as client:
                self.figures.most("daemon's memory, kB at most", self._resident())
                self.figures.most("sessions at a time", len(client.list()))
                return
            time.sleep(0.02)
        self.figures.wrong(f"the daemon {why} and does not answer within {ANSWER_WITHIN:g} s")

    def signal_daemon(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        assert self._daemon is not None
        self._daemon.send_signal(number)

    def await_end(self, *expected: int) -> None:
        """Wait for the daemon's end, with one of these codes."""
        assert self._daemon is not None
        try:
            code = self._daemon.wait(ANSWER_WITHIN)
        except subprocess.TimeoutExpired:
            self.figures.wrong("the daemon did not end")
            self._daemon.kill()
            code = self._daemon.wait()
        if code not in expected:
            self.figures.wrong(f"the daemon ended with {code}, not with one of {expected}")

    def _resident(self) -> int:
        assert self._daemon is not None
        with suppress(OSError, ValueError):
            status = Path(f"/proc/{self._daemon.pid}/status").read_text(encoding="utf-8")
            return int(status.split("VmRSS:")[1].split()[0])
        return 0

    # -- other processes --------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """Of all processes: nothing of the user's own."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
        return {**kept, "HOME": str(self.directory), "NO_COLOR": "1"}

    def start(
        self, words: Sequence[str], socket_path: str, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start `lashtui`; it may be suspended for some time."""
        process = subprocess.Popen(
            [sys.executable, "-m", "lashtui", *words],
            env={**self.environment, "LASHTUI_SOCKET": socket_path},
            **options,
        )
        with self._lock:
            self._processes[process.pid] = process
        return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """It ends, or has ended: it is not suspended any more."""
        with self._lock:
            self._processes.pop(process.pid, None)
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)

    def running(self) -> list[subprocess.Popen[bytes]]:
        """Those that may be suspended."""
        with self._lock:
            return [one for one in self._processes.values() if one.poll() is None]

    def kill_all(self) -> None:
        """Leave no process behind, however the soak ends."""
        with self._lock:
            processes = [*self._processes.values()]
        for process in [*processes, *([self._daemon] if self._daemon is not None else [])]:
            with suppress(ProcessLookupError):
                process.kill()

    def suspend(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Suspend a process for some time, unless it is about to end."""
        with self._lock:
            if process.pid not in self._processes or process.poll() is not None:
                return
            process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
