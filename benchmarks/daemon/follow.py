"""What a follower of the list costs the daemon: the same work with one and without, in turns."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from benchmarks.daemon.load import Load, Options, RunFailed
from benchmarks.daemon.servers import Server
from benchmarks.daemon.stats import OURS, Row, in_turn
from lashd.protocol.client import ClientConnection, pack
from lashd.protocol.requests import follow

ALONE = "nobody follows"
SESSIONS = 1_000
A_SECOND = 10
"""Events of each session."""
SECONDS = 5
READ_BYTES = 256 * 1024
AT_MOST = 5
"""Per cent of a core. The table says it; no verdict goes by it, as it is no ratio."""


class Following:
    """A follower that reads all that comes, as fast as it can. A context."""

    def __init__(self, server: Server) -> None:
        self.rows = 0
        """How many have come."""
        self._protocol = ClientConnection()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(server.address)
        self._socket.sendall(self._protocol.greeting() + pack(follow(None)))
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        while data := self._socket.recv(READ_BYTES):
            for record in self._protocol.receive(data):
                self.rows += record["type"] == "session"


def measure(load: Load, servers: dict[str, Server], rounds: int, *, quick: bool) -> list[Row]:
    """Two rows: the CPU of an event, and of the following alone.

    Raises:
        RunFailed: a run of ours failed, or nothing came.
    """
    sessions, seconds = (20, 1) if quick else (SESSIONS, SECONDS)
    rate = sessions * A_SECOND
    options: Options = {
        "mode": "pace", "sessions": sessions, "rate": rate, "events": rate * seconds, "list": 1,
    }  # fmt: skip
    label = f"{sessions:,} sessions x {A_SECOND}/s"
    whole = Row(f"{label}, the list followed: CPU", "µs/event", targets={ALONE: 1.2})
    more = Row(f"{label}: CPU of the follower (at most {AT_MOST})", "% of a core")
    for number in range(rounds):
        for name in in_turn(list(servers), number):
            server, used = servers[name], {}
            for is_followed in (True, False) if number % 2 else (False, True):
                result = _run(load, server, options, is_followed=is_followed)
                used[is_followed] = result["us_ev"]
                if is_followed:
                    whole.add(name, result["us_ev"], result["load_util"])
                elif name == OURS:
                    whole.add(ALONE, result["us_ev"], result["load_util"])
            more.add(name, (used[True] - used[False]) * rate / 1e4)
    return [whole, more]


def _run(load: Load, server: Server, options: Options, *, is_followed: bool) -> dict[str, float]:
    if not is_followed:
        return load.run(server, options)
    with Following(server) as following:
        result = load.run(server, options)
    if following.rows < int(options["sessions"]):
        raise RunFailed(f"{following.rows} rows came of {options['sessions']} sessions")
    return result
