"""Ours and its peers as processes of their own, in a directory of their own.

Unix sockets, loopback for NATS. All of them are ended when the `Servers` are left, however that
happens. They are in sessions of their own: Ctrl-C reaches the benchmark alone, which ends them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
"""Seconds for a server to listen: a loaded machine starts Python in two."""

COMMAND = "import sys; from lashd.server.command import main; sys.exit(main())"
WITHOUT_UVLOOP = f"import sys; sys.modules['uvloop'] = None; {COMMAND}"
ROOMY = ("--max-connections", "3000", "--max-sessions", "9000")
"""What is measured must not meet a bound on the way: memory is taken with 500 publishers."""


class ServerFailed(Exception):
    """A server could not be started; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as the load generator wants to know it."""

    name: str
    protocol: str
    address: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process whose CPU counts."""
        return self.process.pid

    @property
    def resident(self) -> int:
        """Bytes of memory that it holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def environment(checkout: Path, home: Path) -> dict[str, str]:
    """Ours of `checkout`, with nothing of the user's: no configuration, no daemon of theirs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LASHTUI", "XDG", "PYTHON"))}
    return {
        **kept,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": f"{checkout}{os.pathsep}{checkout / 'daemon'}",
    }


class Servers:
    """The servers of one part of the benchmark. A context: leaving it ends them."""

    def __init__(self) -> None:
        self._directory = short_directory()
        self.home = Path(self._directory.name)
        self._running: list[Server] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with signals_wait():  # an impatient second Ctrl-C would leave the others running
            for server in self._running:
                server.process.terminate()
            for server in self._running:
                _reap(server.process)
            self._directory.cleanup()

    def ours(self, name: str, checkout: Path = ROOT, *, uvloop: bool = True) -> Server:
        """A daemon of `checkout`; on uvloop where that is installed, as users get it."""
        path = str(self.home / f"{len(self._running)}.sock")
        argv = [sys.executable, "-c", COMMAND if uvloop else WITHOUT_UVLOOP]
        return self._start(name, "lash", path, [*argv, "--socket", path, *ROOMY], checkout)

    def redis(self) -> Server:
        """Redis without persistence."""
        path = str(self.home / "redis.sock")
        argv = ["redis-server", "--port", "0", "--unixsocket", path, "--save", ""]
        argv += ["--appendonly", "no", "--daemonize", "no", "--maxclients", "3000"]
        return self._start("redis", "redis", path, argv)

    def nats(self) -> Server:
        """NATS without JetStream; it has no Unix sockets."""
        port = _free_port()
        return self._start("nats", "nats", port, ["nats-server", "-a", "127.0.0.1", "-p", port])

    def end(self, server: Server) -> None:
        """End one now."""
        server.process.terminate()
        _reap(server.process)
        self._running.remove(server)

    def _start(
        self, name: str, protocol: str, address: str, argv: list[str], checkout: Path = ROOT
    ) -> Server:
        log = self.home / f"{len(self._running)}.log"
        with log.open("ab") as output, signals_wait():
            process = subprocess.Popen(
                argv,
                env=environment(checkout, self.home),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            server = Server(name, protocol, address, process)
            self._running.append(server)
        deadline = time.monotonic() + PATIENCE
        while not _listens(address):
            if process.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").strip().splitlines()[-1:]
                raise ServerFailed(f"{name} does not listen at {address}: {''.join(last)}")
            time.sleep(0.02)
        return server


@contextmanager
def signals_wait() -> Iterator[None]:
    """Signals that end the benchmark take effect afterwards.

    Between a server's start and the note of it, an exception would leave it running for ever.
    """
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(n, signal.signal(n, lambda number, _frame: came.append(number))) for n in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def short_directory() -> TemporaryDirectory[str]:
    """A temporary directory in which a socket's path keeps within its 100 bytes."""
    usual = gettempdir()
    return TemporaryDirectory(prefix="lb-", dir=usual if len(usual) < 60 else "/tmp")


def installed(program: str) -> bool:
    """Whether a peer can be started here."""
    return shutil.which(program) is not None


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _listens(address: str) -> bool:
    family = socket.AF_UNIX if address.startswith("/") else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.connect(address if family == socket.AF_UNIX else ("127.0.0.1", int(address)))
        except OSError:
            return False
    return True
