"""When a producer should emit what it holds back: text soon, records once the input pauses."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.producers import Producer

JOIN_FOR = 0.05
"""Seconds text is collected before it is published: one event per byte helps nobody, and nobody
sees a twentieth of a second."""

SETTLED_AFTER = 1.0
"""Seconds from the flush of text to another one, if no more text comes."""

IDLE_FOR = 1.0
"""Seconds without a record after which a turn that could have ended has ended: the records of one
step come within milliseconds of each other."""


class FlushTimer:
    """The time of one input's next flush."""

    def __init__(self, producer: Producer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._producer = producer
        self._clock = clock
        self._due: float | None = None
        self._is_last = False
        """The flush that is due is the second one after the last input."""

    def input_came(self) -> None:
        """Input was fed to the producer.

        The flush of text is not put off by further input, so that a steady stream is published.
        """
        if not self._producer.is_text:
            self._due = self._clock() + IDLE_FOR
        elif self._due is None or self._is_last:
            self._due = min(self._clock() + JOIN_FOR, self._due or math.inf)
        self._is_last = False

    @property
    def wait(self) -> float | None:
        """Seconds until the flush is due; None: nothing is held back."""
        return None if self._due is None else max(0.0, self._due - self._clock())

    def is_due(self) -> bool:
        """Whether to flush now; True once for each flush."""
        if self._due is None or self._clock() < self._due:
            return False
        self._due = None
        if self._producer.is_text and not self._is_last:
            # A line that is drawn again is shown once a second: its last form is not shown yet.
            self._due = self._clock() + SETTLED_AFTER
            self._is_last = True
        return True
