"""One session that the app server tells: a thread, with the threads of its subagents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.events import ProcessChanged, SessionOutcome, SessionProcessEventKind
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.outcome import run_outcome
from lashtui.producers.codex.appserver import CodexAppServerProducer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from lashtui.ingest.sink import Sink
    from lashtui.producers import Produced

MAX_RUNNING: Final = 1024
"""Processes in the background that are followed."""


class Family:
    """A session's producer, and where its events go."""

    def __init__(self, thread: str, sink: Sink, clock: Callable[[], float]) -> None:
        self.thread = thread
        """The one that a person talks to."""
        self._sink = sink
        self._producer = CodexAppServerProducer()
        self._timer = FlushTimer(self._producer, clock=clock)
        self._running: set[str] = set()
        self._last_at: int | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs, or anything in the background."""
        return self._producer.in_turn or bool(self._running)

    def feed(self, message: bytes, source: Literal["agent", "client"] = "agent") -> None:
        """Tell one message."""
        line = message.replace(b"\n", b" ") + b"\n"  # between values, as texts have theirs escaped
        self._publish(self._producer.feed(line, source))
        self._timer.input_came()

    def wait(self) -> None:
        """Wait until most of it was delivered, for a moment at most."""
        self._sink.wait()

    def tick(self) -> None:
        """Tell what is held back, once the input pauses."""
        if self._timer.is_due():
            self._publish(self._producer.flush())

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        return self._producer.take_warnings()

    def leave(self) -> None:
        """The server is gone: nobody can answer what it has asked."""
        self._publish(self._producer.flush())
        self._publish(self._producer.heard(None, None))

    def end(self) -> None:
        """The server has closed the thread."""
        self._publish(self._producer.flush())
        was_in_turn = self._producer.in_turn
        cut_off = SessionOutcome.CUT_OFF if was_in_turn else SessionOutcome.SUCCESS
        self._publish(self._producer.finish(cut_off))
        outcome = run_outcome(0, turn_failed=self._sink.turn_failed)
        self._sink.end(cut_off if was_in_turn else outcome, self._last_at)

    def _publish(self, produced: list[Produced]) -> None:
        for each in produced:
            self._sink.publish(each)
            self._last_at = each.at
            if isinstance(each.payload, ProcessChanged):
                self._follow(each.payload)

    def _follow(self, change: ProcessChanged) -> None:
        if change.kind is not SessionProcessEventKind.STARTED:
            self._running.difference_update(change.process_ids)
        elif len(self._running) < MAX_RUNNING:
            self._running.update(change.process_ids)
