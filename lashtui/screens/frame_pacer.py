"""When a session screen looks at its feed and shows the state beside the transcript. Pure.

The feed reports changes as often as it likes. In front they are handed over at most once a frame;
that takes no decision, since the frame's timer is paused and resumed. Behind another screen, and
for the words around the transcript, a later moment will do: this says which, once for each moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from lashtui.feed.pace import FRAME

HIDDEN_FRAME = 0.5
"""Seconds between two looks at a session behind another: only its mark in the tab strip shows."""
STATE_PERIOD = 0.1
"""Seconds between two looks at everything but the transcript: it is words, and nobody reads
faster."""
TEXT_PERIOD = 1.0
"""The same while nothing but text comes: what is said beside it changes with the clock, in
seconds."""


class FramePacer:
    """Says how long to wait, by a clock in seconds; gives out each wait once until it is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked_at = 0.0
        self._look_is_due = False
        self._state_shown_at = 0.0
        self._state_due: float | None = None

    def wait_hidden(self) -> float | None:
        """The feed changed behind another screen: seconds until the look at it; None: one is due.

        Never 0, which a timer of Textual's does not survive.
        """
        if self._look_is_due:
            return None
        self._look_is_due = True
        return max(FRAME, self._looked_at + HIDDEN_FRAME - self._clock())

    def looked(self) -> None:
        """The feed was looked at just now, in front or behind."""
        self._look_is_due = False
        self._looked_at = self._clock()

    def wait_for_state(self, *, at_once: bool = False, text_alone: bool = False) -> float | None:
        """Seconds until the state is to be shown again, 0 for now; None: that is due already.

        `text_alone`: nothing but text has come since it was shown.
        """
        now = self._clock()
        due = self._state_shown_at + (TEXT_PERIOD if text_alone else STATE_PERIOD)
        if at_once or due <= now:
            return 0.0
        if self._state_due is not None and self._state_due <= due:
            return None
        self._state_due = due
        return due - now

    def state_shown(self) -> None:
        """The state was shown just now."""
        self._state_due = None
        self._state_shown_at = self._clock()
