"""When the fleet's screen shows what has changed, and when it may order its lines anew. Pure.

Two hundred agents may change all the time: their lines are shown a few times a second, and nobody's
line moves while the person presses keys. Times are seconds of a clock that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable

SHOW_EVERY = 0.25
"""Least seconds between two looks at the fleet: nobody reads a table faster."""
HOLD = 1.0
"""Seconds after a key or a click in which lines stay where they are: what is pressed next is meant
for what is under the cursor now."""


class FleetPacer:
    """Says how long to wait; gives out one wait until it is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown_at = float("-inf")
        self._touched_at = float("-inf")
        self._is_due = False

    def touched(self) -> None:
        """The person has pressed a key or a button."""
        self._touched_at = self._clock()

    def wait(self) -> float | None:
        """The fleet has changed: seconds until it is to be shown, 0 for now; None: that is due."""
        if self._is_due:
            return None
        left = self._shown_at + SHOW_EVERY - self._clock()
        if left <= 0:
            return 0.0
        self._is_due = True
        return left

    def wait_for_order(self) -> float | None:
        """It was shown in its old order: seconds until it may be in its new one; None: as above."""
        if self._is_due:
            return None
        self._is_due = True
        return max(SHOW_EVERY, self._touched_at + HOLD - self._clock())

    def shown(self) -> None:
        """It was shown just now."""
        self._is_due = False
        self._shown_at = self._clock()

    @property
    def is_held(self) -> bool:
        """Whether lines are to stay where they are."""
        return self._clock() < self._touched_at + HOLD
