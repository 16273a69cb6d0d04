"""Keeps the daemon where its clients find it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from lashd.errors import LifecycleError
from lashd.server.listen import BoundSocket

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between looks at whether the socket is in its place: two stats."""


class Door:
    """Looks after a bound socket until `close`: publishers that live come back to it."""

    def __init__(
        self,
        bound: BoundSocket,
        listen: Callable[[socket.socket], None],
        give_up: Callable[[LifecycleError], None],
    ) -> None:
        """Looks from now on, on the running loop.

        Args:
            bound: the socket.
            listen: called with the new listener once the socket was bound again.
            give_up: called if the place is another's; then it looks no more.
        """
        self._bound = bound
        self._listen = listen
        self._give_up = give_up
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(LOOK_EVERY, self._look)

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        try:
            if not self._bound.is_in_place():
                log.warning("! the socket, its lock or their directory was deleted or replaced")
                self._bound.bind_again()
                self._listen(self._bound.listener)
                log.warning("+ listening again at %s", self._bound.path)
        except LifecycleError as error:
            log.error("= %s: stopping", error)
            self._give_up(error)
            return
        self._timer = self._loop.call_later(LOOK_EVERY, self._look)
