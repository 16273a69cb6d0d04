"""The transcript's own clock, for where no caller has one: it ticks only while it is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

OWN_TICK_AFTER: Final = 1.5
"""Seconds without a call of `tick` after which the own clock counts: both at once would paint
twice."""


class OwnClock:
    """Calls `show` once a second while it runs."""

    def __init__(self, show: Callable[[], None]) -> None:
        """It does nothing before `start`."""
        self.is_running = False
        self._show = show
        self._timer: Timer | None = None
        self._ticked_at = 0.0

    def start(self, view: Widget) -> None:
        """`view` is there: its clock runs if it is wanted."""
        self._timer = view.set_interval(1.0, self._count, pause=not self.is_running)

    def run(self, wanted: bool) -> None:
        """Run from now on, or rest."""
        if wanted == self.is_running:
            return
        self.is_running = wanted
        if self._timer is None:
            return
        if wanted:
            self._timer.resume()
        else:
            self._timer.pause()

    def tick(self) -> None:
        """A second has passed by the clock of a caller."""
        self._ticked_at = time.monotonic()
        self._show()

    def _count(self) -> None:
        if time.monotonic() - self._ticked_at >= OWN_TICK_AFTER:
            self._show()
