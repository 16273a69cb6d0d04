"""The demo's agent and daemon in a separate process: they keep running when the app is left.

`python -m lashtui.demo.host DIRECTORY SPEED` prints `ready` on standard output once it is
listening at `DIRECTORY/s`. It exits, and removes the directory, after LINGER seconds without a
viewer.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Final

from lashd.errors import LashdError

if TYPE_CHECKING:
    from lashd.client.blocking import Client

LINGER: Final = 60.0
"""Seconds the demo waits for a user who has detached to come back."""
CHECK_EVERY: Final = 0.3
"""Seconds between two checks for viewers."""
SOCKET: Final = "s"
"""The socket's name in the directory; short, because a socket's path has a low limit."""


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
    directory, speed = argv
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    try:
        _host(directory, float(speed), stop)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _host(directory: str, speed: float, stop: threading.Event) -> None:
    from lashd.client.blocking import Client
    from lashd.daemon import EmbeddedDaemon
    from lashtui.demo.play import play_on

    with EmbeddedDaemon(socket_path=os.path.join(directory, SOCKET)) as daemon:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with play_on(daemon.socket_path, speed), Client(daemon.socket_path) as client:
            wait(lambda: _viewers(client), lambda: os.path.exists(daemon.socket_path), stop)


def wait(viewers: Callable[[], int], is_there: Callable[[], bool], stop: threading.Event) -> None:
    """Return once nobody is watching any more, the socket or daemon is gone, or `stop` is set."""
    linger = Linger(time.monotonic())
    while is_there() and not stop.wait(CHECK_EVERY):
        try:
            count = viewers()
        except LashdError:  # the daemon was stopped
            return
        if linger.is_over(count, time.monotonic()):
            return


def _viewers(client: Client) -> int:
    return sum(int(str(session.get("viewers") or 0)) for session in client.list())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
