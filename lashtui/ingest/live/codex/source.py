"""Codex's sessions as its own app server tells them, which its screen talks to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lashtui.ingest.live.codex.follower import NAME, Follower
from lashtui.ingest.transcripts import Key, Known

if TYPE_CHECKING:
    import threading

    from lashtui.ingest.live.codex.words import Thread
    from lashtui.ingest.live.place import Place
    from lashtui.ingest.sink import Sink


class CodexServer:
    """The app server's sessions; a `Source`."""

    name = NAME

    def __init__(self, home: str) -> None:
        """`home` is Codex's directory."""
        self._home = home

    def run(self, place: Place, stop: threading.Event) -> None:
        """Follow whichever server is there until `stop`; without one, wait for it."""
        Follower(self._home, _Sessions(place)).run(stop)


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
        self._place.warn(f"{NAME}: {sentence}")
