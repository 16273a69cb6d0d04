"""`auto`: holds the input back until its format is told, then that format's producer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.producers import FORMATS, make_producer
from lashtui.producers.auto.detect import detect

if TYPE_CHECKING:
    from lashd.events import SessionOutcome
    from lashtui.producers import Produced, Producer


class AutoProducer:
    """One input, whatever it is."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.chosen: str | None = None
        """The format, once it is known."""
        self.producer: Producer | None = None
        self._head = b""

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes; none before the format is known."""
        if self.producer is not None:
            return self.producer.feed(data)
        self._head += data
        return self._decide(detect(self._head))

    def flush(self) -> list[Produced]:
        """Nothing came for a while: what is no record by now is text."""
        produced: list[Produced] = []
        if self.producer is None:
            produced = self._decide(detect(self._head, idle=True))
        return produced if self.producer is None else produced + self.producer.flush()

    def finish(self, outcome: SessionOutcome) -> list[Produced]:
        """The input has ended."""
        produced: list[Produced] = []
        if self.producer is None:
            produced = self._decide(detect(self._head, ended=True) or "text")
        assert self.producer is not None
        return produced + self.producer.finish(outcome)

    def _decide(self, name: str | None) -> list[Produced]:
        if name is None:
            return []
        self.chosen = name if name in FORMATS else "text"
        self.producer = make_producer(self.chosen)
        self.producer.warnings = self.warnings
        if self.chosen != name:
            self.warnings.append(
                f"this looks like {name}, which can't be read; it is shown as text"
            )
        head, self._head = self._head, b""
        return self.producer.feed(head)
