"""What becomes of a relay's copies: a session. Runs in a process of its own."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Protocol

from lashd.events import RuntimeDiagnostic, SessionOutcome, TurnActivity
from lashtui.ingest.flush_timer import Pace
from lashtui.process.relay import AGENT, CLIENT, EXIT, FRAME, LOST
from lashtui.producers import Produced, Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from lashtui.ingest.observer import Observer

READ_BYTES = 256 * 1024

MAX_TOLD = 3
"""Sentences on stderr in all: it is the agent's, and lands in an editor's log."""

_SOURCES = {CLIENT: "client", AGENT: "agent"}


class TwoWayProducer(Producer, Protocol):
    """A format whose both directions are read."""

    def feed(self, data: bytes, source: Literal["agent", "client"] = "agent") -> list[Produced]:
        """The payloads that `data` completes."""


class Frames:
    """Bytes to (kind, data) of the copies."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that `data` completes."""
        self._held += data
        while len(self._held) >= FRAME.size:
            kind, length = FRAME.unpack_from(self._held)
            end = FRAME.size + length
            if len(self._held) < end:
                return
            body = bytes(self._held[FRAME.size : end])
            del self._held[:end]
            yield kind, body


class Tapped:
    """Reads copies until their end."""

    def __init__(
        self, observer: Observer, producer: TwoWayProducer, tell: Callable[[str], None]
    ) -> None:
        """`tell` gets warnings."""
        self._observer = observer
        self._producer = producer
        self._tell = tell
        self._pace = Pace(producer)
        self._frames = Frames()
        self._code: int | None = None
        self._told = 0

    def run(self, descriptor: int) -> None:
        """Publish what is read from `descriptor`; its end is the session's."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while True:
            waits = [each for each in (self._observer.tick(), self._pace.wait) if each is not None]
            self._warn()
            if self._pace.is_due():
                self._observer.tell(self._producer.flush())
            if not poll.poll(min(waits) * 1000 if waits else None):
                continue
            data = os.read(descriptor, READ_BYTES)
            if not data:
                break
            for kind, body in self._frames.feed(data):
                self._take(kind, body)

    def finish(self) -> None:
        """The agent has left, or the relay was lost."""
        if self._code is not None:
            self._observer.finish(self._code)
        else:
            self._observer.tell(self._producer.finish(SessionOutcome.CUT_OFF))
            self._observer.close(SessionOutcome.CUT_OFF)

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == EXIT:
            self._code = int(body)
        elif kind == LOST:
            self._lost(body[:1], int(body[1:]))
        elif kind in _SOURCES:
            self._feed(kind, body)

    def _feed(self, kind: bytes, data: bytes) -> None:
        source: Literal["agent", "client"] = "client" if kind == CLIENT else "agent"
        self._observer.tell(self._producer.feed(data, source))
        self._pace.took()

    def _lost(self, kind: bytes, count: int) -> None:
        """A torn line ends here; what follows up to its end is none either."""
        self._feed(kind, b"\n")
        event = RuntimeDiagnostic(
            "tap_overflow", {"from": _SOURCES.get(kind, ""), "lost_bytes": count}
        )
        self._observer.tell([Produced(TurnActivity("", None, event))])

    def _warn(self) -> None:
        for sentence in self._observer.warnings[: MAX_TOLD - self._told]:
            self._told += 1
            self._tell(sentence)
        self._observer.warnings.clear()
