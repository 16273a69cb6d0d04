"""What has just left the queue, kept for a few seconds so that it doesn't vanish in a blink. Pure.

Only an event that arrives live leaves a departure: a backlog leaves none, and nothing is animated.
"""

from __future__ import annotations

import msgspec

from lashd.events import QueueChanged, SessionQueueEventKind
from lashd.text import short
from lashd.view import ReadView

KEPT_FOR = 4.0
"""Seconds: long enough to read for someone who looked up when it moved."""
MAX_DEPARTURES = 8
"""Rows shown at once: nobody reads more of a queue that empties in one go."""


class Departure(msgspec.Struct, frozen=True):
    """An item that left the queue. `how`: delivered or cancelled."""

    text: str
    how: str
    until: float


class QueueDepartures:
    """The departures of one session. Times are those of the caller's clock, in seconds."""

    def __init__(self) -> None:
        self._departures: list[Departure] = []

    def note(self, change: QueueChanged, view: ReadView, now: float) -> None:
        """A live change, before it is folded into `view`."""
        if change.kind is SessionQueueEventKind.ENQUEUED:
            return
        queued = {item.batch_id: item.text or item.batch_id for item in view.queue}
        for batch_id in map(short, change.batch_ids[-MAX_DEPARTURES:]):  # as the view knows them
            if batch_id in queued:
                left = Departure(queued[batch_id], change.kind.value, now + KEPT_FOR)
                self._departures.append(left)
        del self._departures[:-MAX_DEPARTURES]

    def at(self, now: float) -> list[Departure]:
        """Those that are still to be shown; the others are dropped."""
        self._departures = [left for left in self._departures if left.until > now]
        return list(self._departures)
