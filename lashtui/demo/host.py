"""The demo's agent and its daemon, as a process of their own: they go on when the app is left.

`python -m lashtui.demo.host DIRECTORY SPEED` says `ready` on standard output once it listens at
`DIRECTORY/s`. It ends, and removes the directory, when nobody has watched for LINGER seconds.
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
"""Seconds that the demo waits for somebody who has left to come back."""
LOOK_EVERY: Final = 0.3
"""Seconds between two looks at whether somebody watches."""
SOCKET: Final = "s"
"""The socket's name in the directory: a path that is as short as can be."""


class Patience:
    """Whether it is time to go, told from looks at how many watch."""

    def __init__(self, now: float) -> None:
        self._seen_at = now

    def is_over(self, viewers: int, now: float) -> bool:
        """Nobody has watched for LINGER seconds."""
        if viewers:
            self._seen_at = now
        return now - self._seen_at >= LINGER


def main(argv: list[str]) -> int:
    """Host the demo until it is left alone."""
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
    """Until nobody has watched for long, the socket or the daemon is gone, or `stop` is set."""
    patience = Patience(time.monotonic())
    while is_there() and not stop.wait(LOOK_EVERY):
        try:
            count = viewers()
        except LashdError:  # somebody has stopped it
            return
        if patience.is_over(count, time.monotonic()):
            return


def _viewers(client: Client) -> int:
    return sum(int(str(session.get("viewers") or 0)) for session in client.list())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
