"""Events between the agent and its publisher's thread.

The agent adds to it under a lock that is never held for longer than that takes. All that depends on
the session (numbers, ids, its view) is done later, for many events at once: by the thread, or by
whoever asks for the state.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lashd.wire_limits import KIB, MIB

if TYPE_CHECKING:
    from lashd.session.outgoing import Outgoing

MANY_EVENTS = 256
MANY_BYTES = 256 * KIB
"""From here on the thread is woken even while it waits to reconnect: some milliseconds of work."""
MAX_EVENTS = 8 * MANY_EVENTS
MAX_BYTES = 2 * MIB
"""From here on the agent does the work itself: the thread hasn't come to it. An event is 1 MiB at
most, so no more than that above it."""


class Inbox:
    """Encoded events in the order of their publication. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Outgoing] = []
        self.size = 0
        """Bytes of all that waits."""

    def add(self, event: Outgoing) -> None:
        """Add an event."""
        with self._lock:
            self._events.append(event)
            self.size += len(event.body)

    def take(self) -> list[Outgoing]:
        """Everything that waits."""
        if not self._events:
            return []
        with self._lock:
            events, self._events, self.size = self._events, [], 0
            return events

    def __len__(self) -> int:
        """How many wait."""
        return len(self._events)

    @property
    def holds_much(self) -> bool:
        """More than may wait for a new connection."""
        return len(self._events) >= MANY_EVENTS or self.size >= MANY_BYTES

    @property
    def holds_too_much(self) -> bool:
        """More than may wait at all."""
        return len(self._events) >= MAX_EVENTS or self.size >= MAX_BYTES
