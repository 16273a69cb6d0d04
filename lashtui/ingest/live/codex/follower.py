"""Keeps a connection to Codex's app server, and tells what comes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from lashd.clock import now_ms
from lashtui.ingest.live.codex.socket import Connection, Gone, Refused, find_socket
from lashtui.ingest.live.codex.watcher import Unusable, Watcher
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    import threading

    from lashtui.ingest.live.codex.watcher import Sessions

NAME: Final = "Codex's app server"
LOOK_EVERY: Final = 0.5
"""Seconds between two looks for a server's socket."""
PAUSE_MOST: Final = 30.0
"""Seconds until a server that could not be followed is tried again, at most."""
TICK: Final = 0.1
"""Seconds between two looks at what is due, if nothing comes."""
WELL_AFTER: Final = 10.0
"""Seconds of a connection after which the next failure is a new one."""


class Follower:
    """Follows whichever server is there; without one, it waits for it."""

    def __init__(self, home: str, sessions: Sessions) -> None:
        """`home` is Codex's directory."""
        self._home = home
        self._sessions = sessions
        self._said = ""
        self.is_connected = False
        """A server answers."""

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop`."""
        pause = LOOK_EVERY
        while not stop.wait(pause):
            began = time.monotonic()
            try:
                path = find_socket(self._home)
                if path is None:
                    pause = LOOK_EVERY
                    continue
                self._follow(path, stop)
            except (Gone, ConnectionError):
                pass  # it has ended, or starts
            except (Refused, Unusable) as problem:
                self._say(str(problem))
            except Exception as problem:  # of any kind: what it says may be anything
                self._say(f"{type(problem).__name__}: {problem}")
            was_well = time.monotonic() - began >= WELL_AFTER
            pause = LOOK_EVERY if was_well else min(PAUSE_MOST, 2 * pause)

    def _follow(self, path: str, stop: threading.Event) -> None:
        connection = Connection(path)
        watcher = Watcher(self._sessions, time.monotonic, now_ms=now_ms)
        self.is_connected = True
        try:
            watcher.start()
            while not stop.is_set():
                watcher.tick()
                for message in watcher.take_out():
                    connection.send(message)
                came = connection.receive(TICK)
                if came is not None:
                    watcher.take(came)
        finally:
            self.is_connected = False
            connection.close()
            if not stop.is_set():
                watcher.leave()

    def _say(self, why: str) -> None:
        """Once for each reason: it is tried again and again."""
        if why != self._said:
            self._said = why
            self._sessions.warn(f"it is not followed: {safe_line(why)}")
