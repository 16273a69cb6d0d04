"""What has just left the queue, kept for a few seconds so that it is not gone in a blink. Pure.

A trace comes from an event that arrived live: a backlog leaves none, and nothing is animated.
"""

from __future__ import annotations

import msgspec

from lashd.events import QueueChanged, SessionQueueEventKind
from lashd.text import short
from lashd.view import ReadView

KEPT_FOR = 4.0
"""Seconds: long enough to be read by someone who looked up when it moved."""
MAX_TRACES = 8
"""Rows of traces; of a queue that empties at once nobody reads more."""


class Trace(msgspec.Struct, frozen=True):
    """An item that left the queue. `how`: delivered or cancelled."""

    text: str
    how: str
    until: float


class QueueTraces(msgspec.Struct):
    """The traces of one session. Times are those of the caller's clock, in seconds."""

    _traces: list[Trace] = msgspec.field(default_factory=list)

    def note(self, change: QueueChanged, view: ReadView, now: float) -> None:
        """A live change, before it is folded into `view`."""
        if change.kind is SessionQueueEventKind.ENQUEUED:
            return
        queued = {item.batch_id: item.text or item.batch_id for item in view.queue}
        for batch_id in map(short, change.batch_ids[-MAX_TRACES:]):  # as the view knows them
            if batch_id in queued:
                trace = Trace(queued[batch_id], change.kind.value, now + KEPT_FOR)
                self._traces.append(trace)
        del self._traces[:-MAX_TRACES]

    def at(self, now: float) -> list[Trace]:
        """Those that are still to be shown; the others are forgotten."""
        self._traces = [trace for trace in self._traces if trace.until > now]
        return list(self._traces)
