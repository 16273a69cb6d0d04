"""Publishes the demo's script to a daemon at its own pace."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

CLOSE_WITHIN: Final = 0.5
"""Seconds to deliver what is left; a daemon that was stopped will not take it."""


class _PublisherLike(Protocol):
    def publish(
        self,
        payload: object,
        *,
        correlation_id: str | None = None,
        parent: str | None = None,
    ) -> object: ...

    def end(self, outcome: str = "success") -> object: ...


def play(
    publisher: _PublisherLike, steps: Iterable[object], speed: float, stop: threading.Event
) -> None:
    """Publish the steps at `speed` times their pace; setting `stop` ends it at once."""
    from lashtui.demo.script import Step

    for step in steps:
        assert isinstance(step, Step)
        if stop.wait(step.after / speed):
            return
        publisher.publish(step.what, correlation_id=step.correlation_id, parent=step.parent)
    publisher.end("success")


@contextmanager
def play_on(socket_path: str, speed: float) -> Iterator[str]:
    """Play the script in a thread inside the `with` block; yields the session's name."""
    from lashd.publish.publisher import Publisher
    from lashtui.demo.script import AGENT, DIRECTORY, SESSION, TITLE, script

    stop = threading.Event()
    publisher = Publisher(
        SESSION,
        socket_path=socket_path,
        title=TITLE,
        agent=AGENT,
        directory=DIRECTORY,
        where=None,  # nobody can answer it there
        start_daemon=False,
    )
    player = threading.Thread(
        target=play, args=(publisher, script(), speed, stop), name="demo", daemon=True
    )
    try:
        publisher.wait_open(5.0)
        player.start()
        yield SESSION
    finally:
        stop.set()
        if player.ident is not None:
            player.join()
        publisher.close(CLOSE_WITHIN)
