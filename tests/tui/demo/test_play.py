"""Playing the demo's script."""

from __future__ import annotations

import threading
from typing import Any

from lashtui.demo.play import play
from lashtui.demo.script import Step, script


class Recorder:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.ended: str | None = None

    def publish(
        self, payload: object, *, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Remember it."""
        self.said.append((payload, correlation_id, parent))

    def end(self, outcome: str = "success") -> None:
        """Remember it."""
        self.ended = outcome


def test_play_publishes_every_step_and_ends() -> None:
    """All of the script, in its order, then the end."""
    recorder = Recorder()
    play(recorder, script(), 1e6, threading.Event())
    steps = [(step.what, step.correlation_id, step.parent) for step in script()]
    assert recorder.said == steps
    assert recorder.ended == "success"


def test_play_stops_at_once() -> None:
    """When the watcher leaves, nothing more is published and no end is claimed."""
    recorder = Recorder()
    stop = threading.Event()
    stop.set()
    play(recorder, [Step(3600.0, next(iter(script())).what)], 1.0, stop)
    assert recorder.said == []
    assert recorder.ended is None
