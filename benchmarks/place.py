"""A daemon and publishers of the benchmark's own, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import activities
from lashd.client.blocking import Client
from lashd.errors import ConnectionFailed
from lashd.events import Committed
from lashd.publish.publisher import Publisher

PATIENCE = 60.0
ROOT = Path(__file__).parents[1]


class Place:
    """A home with a running daemon."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runner: subprocess.Popen[bytes] | None = None
        self.socket = root / "run" / "d.sock"
        self.socket.parent.mkdir(mode=0o700)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LASHTUI", "TEXTUAL"))}
        self.env = {
            **kept,
            "HOME": str(root),
            "LASHTUI_SOCKET": str(self.socket),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "XDG_STATE_HOME": str(root / "state"),
            "XDG_CONFIG_HOME": str(root / "config"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        # What is installed has its bytecode compiled; so shall what is measured.
        for name in ("NO_COLOR", "TMUX", "PYTHONDONTWRITEBYTECODE"):
            self.env.pop(name, None)

    def program(self, name: str) -> str:
        """One of the installed commands."""
        return str(Path(sys.executable).parent / name)

    def client(self) -> Client:
        """A client of this daemon."""
        return Client(self.socket, timeout=10.0)

    def seed(self, session: str, count: int, *, settled: bool = True) -> None:
        """Publish `count` entries into `session`."""
        with Publisher(session, socket_path=self.socket, start_daemon=False) as publisher:
            publisher.wait_open(PATIENCE)
            for number, activity in enumerate(activities(count)):
                publisher.publish(activity)
                if number % 200 == 0:
                    publisher.flush(PATIENCE)
            if settled:
                publisher.publish(Committed())
            publisher.flush(PATIENCE)

    def seed_running(self, session: str) -> None:
        """A session in which a command runs and says nothing; its publisher stays for a minute."""
        argv = [sys.executable, "-m", "benchmarks.runner", str(self.socket), session]
        self._runner = subprocess.Popen(argv, env=self.env, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._runner.stdout is not None
        self._runner.stdout.readline()

    def stream(self, session: str, rate: int, count: int, kind: str = "deltas") -> Stream:
        """Begin to publish `count` events at `rate` a second."""
        return Stream(self, session, rate, count, kind)


class Stream:
    """A publisher in a process of its own."""

    def __init__(self, place: Place, session: str, rate: int, count: int, kind: str) -> None:
        argv = [sys.executable, "-m", "benchmarks.streamer", str(place.socket), session]
        self._process = subprocess.Popen(
            [*argv, str(rate), str(count), kind],
            env=place.env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def _line(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def begin(self) -> float:
        """Publish the first event now; when."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._line()

    @property
    def running(self) -> bool:
        """Whether it still publishes."""
        return self._process.poll() is None

    def end(self) -> tuple[float, float]:
        """Wait for it: when the last event was published, and when the daemon had it."""
        sent, acknowledged = self._line(), self._line()
        self._process.communicate(timeout=PATIENCE)
        return sent, acknowledged

    def stop(self) -> None:
        """End it before its time."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def place() -> Iterator[Place]:
    """A place, removed afterwards."""
    with TemporaryDirectory(prefix="lb-", dir="/tmp") as directory:
        here = Place(Path(directory))
        argv = [here.program("lashtui"), "daemon", "run"]
        with open(here.root / "log", "wb") as log:
            daemon = subprocess.Popen(argv, env=here.env, stdout=log, stderr=log)
        try:
            _until_it_answers(here)
            yield here
        finally:
            if here._runner is not None:  # noqa: SLF001
                here._runner.kill()  # noqa: SLF001
                here._runner.communicate()  # noqa: SLF001
            daemon.terminate()
            daemon.wait(10)


def _until_it_answers(here: Place) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with here.client() as client:
                client.status()
                return
        except ConnectionFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
