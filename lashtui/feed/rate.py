"""How fast a session's events arrive, over the last half minute. Pure."""

from __future__ import annotations

from collections import deque

WINDOW = 30.0
"""Seconds looked back: an agent's pauses between model and tool are shorter."""


class EventRate:
    """Counts events by the second. Times are those of the caller's clock."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque(maxlen=int(WINDOW) + 1)
        self._since: float | None = None

    def add(self, events: int, now: float) -> None:
        """Note that `events` events arrived at `now`."""
        if not events:
            return
        if self._since is None:
            self._since = now
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            events += self._seconds.pop()[1]
        self._seconds.append((second, events))

    def per_second(self, now: float) -> float:
        """Events a second; 0 if none arrived lately."""
        if self._since is None:
            return 0.0
        total = sum(events for second, events in self._seconds if second > now - WINDOW)
        return total / min(WINDOW, max(1.0, now - self._since))
