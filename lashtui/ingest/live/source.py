"""A source of live sessions, and the threads that sources run in."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lashtui.ingest.live.place import Place


class Source(Protocol):
    """Something beside an agent's files that tells of its sessions while they run."""

    name: str
    """For people, as in `Codex's app server`."""

    def run(self, place: Place, stop: threading.Event) -> None:
        """Tell until `stop` is set; in a thread of its own.

        It returns soon after `stop`, tries again by itself with a bounded pause, and never raises.
        It reads below the agent's own directories only, follows no link out of them, bounds what
        it reads, and takes no secret into a session, a log or a message. What it claimed it may
        keep at its end: those sessions are ended for it.
        """


class Running:
    """Sources in threads of their own."""

    def __init__(self, sources: Iterable[Source], place: Place) -> None:
        self._place = place
        self._stop = threading.Event()
        self._threads = [
            # A source that hangs must not keep the program from ending.
            threading.Thread(target=self._run, args=(each,), name=each.name, daemon=True)
            for each in sources
        ]

    def start(self) -> None:
        """Start them."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Stop them; wait for `timeout` seconds for all together."""
        self._stop.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def _run(self, source: Source) -> None:
        try:
            source.run(self._place, self._stop)
        except Exception as problem:  # of any kind: files and the others go on
            kind = type(problem).__name__
            self._place.warn(
                f"{source.name} is not read any more: {kind}: {safe_line(str(problem))}"
            )
