"""The demo's agents and daemon in a separate process: they keep running when the app is left.

`python -m lashtui.demo.host DIRECTORY SPEED [AGENTS]` prints `ready` on standard output once it is
listening at `DIRECTORY/s`: with a session, or with a fleet of AGENTS. It exits, and removes the
directory, after LINGER seconds without a viewer.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Final

from lashd.errors import LashdError

if TYPE_CHECKING:
    from lashd.client.blocking import Client
    from lashd.limits import DaemonLimits

LINGER: Final = 60.0
"""Seconds the demo waits for a user who has detached to come back."""
CHECK_EVERY: Final = 0.3
"""Seconds between two checks for viewers."""
SOCKET: Final = "s"
"""The socket's name in the directory; short, because a socket's path has a low limit."""
ROOM_FOR_VIEWERS: Final = 64
"""Connections beside those of a fleet's agents; the app has one for each tab and a few more."""


class Linger:
    """Decides when to exit, from the number of viewers at each check."""

    def __init__(self, now: float) -> None:
        self._watched_at = now

    def is_over(self, viewers: int, now: float) -> bool:
        """True after LINGER seconds without a viewer."""
        if viewers:
            self._watched_at = now
        return now - self._watched_at >= LINGER


def main(argv: list[str]) -> int:
    """Host the demo until nobody has watched it for a while."""
    directory, speed, *agents = argv
    own = _identity(directory)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    try:
        _host(directory, float(speed), int(agents[0]) if agents else None, stop)
    finally:
        if own == _identity(directory):  # not that of a demo that has taken our place
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def _identity(directory: str) -> tuple[int, int] | None:
    """What tells a directory from another one of the same name."""
    try:
        found = os.stat(directory)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _host(directory: str, speed: float, agents: int | None, stop: threading.Event) -> None:
    from lashd.client.blocking import Client
    from lashd.daemon import EmbeddedDaemon

    path = os.path.join(directory, SOCKET)
    with (
        EmbeddedDaemon(socket_path=path, limits=limits_for(agents)) as daemon,
        played_on(path, speed, agents),
    ):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with Client(daemon.socket_path) as client:
            wait(lambda: viewers(client), lambda: os.path.exists(daemon.socket_path), stop)


def limits_for(agents: int | None) -> DaemonLimits:
    """The daemon's bounds, with room for a fleet of `agents`."""
    from lashd.limits import DaemonLimits

    usual = DaemonLimits()
    if agents is None:
        return usual
    return replace(usual, max_connections=max(usual.max_connections, agents + ROOM_FOR_VIEWERS))


def played_on(socket_path: str, speed: float, agents: int | None) -> AbstractContextManager[object]:
    """The script, or a fleet of so many agents, played inside the `with` block."""
    if agents is None:
        from lashtui.demo.play import play_on

        return play_on(socket_path, speed)
    from lashtui.demo.fleet import fleet
    from lashtui.demo.fleet_play import play_fleet

    return play_fleet(socket_path, fleet(agents), speed)


def wait(count: Callable[[], int], is_there: Callable[[], bool], stop: threading.Event) -> None:
    """Return once nobody is watching any more, the socket or daemon is gone, or `stop` is set."""
    linger = Linger(time.monotonic())
    while is_there() and not stop.wait(CHECK_EVERY):
        try:
            watching = count()
        except LashdError:  # the daemon was stopped
            return
        if linger.is_over(watching, time.monotonic()):
            return


def viewers(client: Client) -> int:
    """Everyone who is connected, but the agents and ourselves: who looks at the list counts too."""
    status = client.status()
    return int(str(status["connections"])) - int(str(status["publishers"])) - 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
