"""`auto`: holds the input back until its format is known, then hands it to that producer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.producers import FORMATS, make_producer
from lashtui.producers.auto.binary import BinaryProducer, binary_kind
from lashtui.producers.auto.detect import detect_format
from lashtui.producers.auto.outline import OutlineProducer, sentence
from lashtui.producers.auto.zstd import MAGIC, Unpacker, unpacker

if TYPE_CHECKING:
    from lashd.events import SessionOutcome
    from lashtui.producers import Produced, Producer


class AutoProducer:
    """One input in any format."""

    def __init__(self) -> None:
        self.producer: Producer | None = None
        """That of the recognised format."""
        self._chosen: str | None = None
        self._warnings: list[str] = []
        self._head = b""
        self._unpacker: Unpacker | None = None
        self._is_damaged = False

    @property
    def chosen(self) -> str | None:
        """The format, once it is known."""
        return self._chosen

    @property
    def is_text(self) -> bool:
        """Whether it is text, or may be: then nothing should be held back for long."""
        return self.producer is None or self.producer.is_text

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self.producer is not None and self.producer.in_turn

    @property
    def is_readable(self) -> bool:
        """Whether all of it could be read."""
        inner = self.producer is None or self.producer.is_readable
        return inner and not self._is_damaged

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes; none before the format is known."""
        data = self._unpacked(data)
        if self.producer is not None:
            return self.producer.feed(data)
        self._head += data
        if self._unpacker is None and self._head.startswith(MAGIC):
            self._unpacker = unpacker()
            if self._unpacker is not None:
                self._head = self._unpacked(self._head)
        kind = binary_kind(self._head)
        if kind is not None:
            self._warnings.append(f"the input is {kind}; nothing of it is shown")
            return self._read_with(BinaryProducer(kind), "binary data")
        return self._choose(detect_format(self._head))

    def flush(self) -> list[Produced]:
        """Nothing came for a while: what is not a record by now is text."""
        produced: list[Produced] = []
        if self.producer is None:
            produced = self._choose(detect_format(self._head, idle=True))
        return produced if self.producer is None else produced + self.producer.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The input has ended."""
        produced: list[Produced] = []
        if self._unpacker is not None and not self._unpacker.is_whole and not self._is_damaged:
            self._is_damaged = True
            self._warnings.append("the compressed input is cut off; what is missing is not shown")
        if self.producer is None:
            produced = self._choose(detect_format(self._head, ended=True) or "text")
        assert self.producer is not None
        return produced + self.producer.finish(outcome)

    def take_warnings(self) -> list[str]:
        """The chosen producer's, and one if the recognised format can't be read."""
        warnings, self._warnings = self._warnings, []
        return warnings + (self.producer.take_warnings() if self.producer is not None else [])

    def _unpacked(self, data: bytes) -> bytes:
        """What `data` holds, if the input is compressed; nothing of what is damaged."""
        if self._unpacker is None:
            return data
        try:
            return b"" if self._is_damaged else self._unpacker.feed(data)
        except ValueError as error:
            self._is_damaged = True
            self._warnings.append(f"the rest of the input can't be read: {error}")
            return b""

    def _choose(self, name: str | None) -> list[Produced]:
        if name is None:
            return []
        if name in FORMATS:
            return self._read_with(make_producer(name), name)
        self._warnings.append(sentence(name))
        return self._read_with(OutlineProducer(name), name)

    def _read_with(self, producer: Producer, name: str) -> list[Produced]:
        self.producer, self._chosen = producer, name
        head, self._head = self._head, b""
        return producer.feed(head)
