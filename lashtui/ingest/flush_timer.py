"""When a producer is to hand out what it holds back: text soon, records once nothing comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lashtui.producers.text import TextProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.producers import Producer

JOIN_FOR = 0.05
"""Seconds that text is collected before it is published: an event for each byte helps nobody, and
nobody sees a twentieth of a second."""

IDLE_FOR = 1.0
"""Seconds without any record after which what was told outside of a turn, or could end one, has
done so: the records of one step come within milliseconds."""


class Pace:
    """The time of one input's next flush."""

    def __init__(
        self, producer: Producer | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`producer`: text if left out."""
        self._producer = producer
        self._clock = clock
        self._due: float | None = None

    def took(self) -> None:
        """Input came."""
        if not self._is_text():
            self._due = self._clock() + IDLE_FOR
        elif self._due is None:
            self._due = self._clock() + JOIN_FOR

    @property
    def wait(self) -> float | None:
        """Seconds until the flush is due; None: nothing is held back."""
        return None if self._due is None else max(0.0, self._due - self._clock())

    def is_due(self) -> bool:
        """Whether to flush now; this counts as done then."""
        if self._due is None or self._clock() < self._due:
            return False
        self._due = None
        return True

    def _is_text(self) -> bool:
        producer = self._producer
        if producer is None or isinstance(producer, TextProducer):
            return True
        if not hasattr(producer, "chosen"):
            return False
        return producer.chosen in (None, "text")
