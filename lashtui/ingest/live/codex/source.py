"""Codex's sessions as its own app server tells them, which its screen talks to."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from lashtui.ingest.live.codex.socket import Connection, Gone, Refused, find_socket
from lashtui.ingest.live.codex.watcher import Unusable, Watcher
from lashtui.ingest.transcripts import Key, Known
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    import threading

    from lashtui.ingest.live.codex.words import Thread
    from lashtui.ingest.live.place import Place
    from lashtui.ingest.sink import Sink

LOOK_EVERY: Final = 0.5
"""Seconds between two looks for a server's socket."""
PAUSE_MOST: Final = 30.0
"""Seconds until a server that could not be followed is tried again, at most."""
TICK: Final = 0.1
"""Seconds between two looks at what is due, if nothing comes."""
WELL_AFTER: Final = 10.0
"""Seconds of a connection after which the next failure is a new one."""


class CodexServer:
    """The app server's sessions; a `Source`."""

    name = "Codex's app server"

    def __init__(self, home: str) -> None:
        """`home` is Codex's directory."""
        self._home = home
        self._said = ""

    def run(self, place: Place, stop: threading.Event) -> None:
        """Follow whichever server is there until `stop`; without one, wait for it."""
        sessions = _Sessions(place)
        pause = LOOK_EVERY
        while not stop.wait(pause):
            began = time.monotonic()
            try:
                path = find_socket(self._home)
                if path is None:
                    pause = LOOK_EVERY
                    continue
                self._follow(path, sessions, stop)
            except (Gone, ConnectionError):
                pass  # it has ended, or starts
            except (Refused, Unusable) as problem:
                self._say(place, str(problem))
            was_well = time.monotonic() - began >= WELL_AFTER
            pause = LOOK_EVERY if was_well else min(PAUSE_MOST, 2 * pause)

    def _follow(self, path: str, sessions: _Sessions, stop: threading.Event) -> None:
        connection = Connection(path)
        watcher = Watcher(sessions, time.monotonic, now_ms=lambda: time.time_ns() // 1_000_000)
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
            connection.close()
            if not stop.is_set():
                watcher.leave()

    def _say(self, place: Place, why: str) -> None:
        """Once for each reason: it is tried again and again."""
        if why != self._said:
            self._said = why
            place.warn(f"{self.name} is not followed: {safe_line(why)}; its files are")


class _Sessions:
    """Sessions of the place, by their threads."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def open(self, thread: Thread) -> tuple[Sink, int] | None:
        """Claim the session of a thread."""
        directory = thread.directory or None
        title = thread.title or os.path.basename(thread.directory)
        known = Known(title or None, directory, thread.path)
        teller = self._place.open(Key("codex", thread.id), known)
        return None if teller is None else (teller, teller.told_until)

    def close(self, thread: str) -> None:
        """Give it back to the files."""
        self._place.free(Key("codex", thread))

    def warn(self, sentence: str) -> None:
        """One sentence for the user."""
        self._place.warn(f"{CodexServer.name}: {sentence}")
