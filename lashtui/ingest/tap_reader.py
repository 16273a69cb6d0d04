"""Publishes a session from a relay's copies of what passes. Runs in a separate process."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Any

from lashd.events import Error, RuntimeDiagnostic, SessionOutcome, TurnActivity
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.process.relay import AGENT, CLIENT, EXIT, FRAME, LOST
from lashtui.producers import Produced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from lashtui.ingest.observer import Observer
    from lashtui.producers import TwoWayProducer

READ_BYTES = 256 * 1024

MAX_WARNINGS = 3
"""Sentences on stderr in all: it is the agent's, and ends up in an editor's log."""

_SOURCES = {CLIENT: "client", AGENT: "agent"}


class CopyDecoder:
    """Bytes of the copies to (kind, data)."""

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


class TapReader:
    """Reads copies until their end."""

    def __init__(
        self, observer: Observer[Any], producer: TwoWayProducer, warn: Callable[[str], None]
    ) -> None:
        self._observer = observer
        self._producer = producer
        self._warn = warn
        self._flush_timer = FlushTimer(producer)
        self._decoder = CopyDecoder()
        self._code: int | None = None
        self._warned = 0

    def run(self, descriptor: int) -> None:
        """Publish what is read from `descriptor`, until its end."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while True:
            waits = [self._observer.tick(), self._flush_timer.wait]
            self._show_warnings()
            if self._flush_timer.is_due():
                self._observer.publish(self._producer.flush())
            wait = min((each for each in waits if each is not None), default=None)
            if not poll.poll(None if wait is None else wait * 1000):
                continue
            data = os.read(descriptor, READ_BYTES)
            if not data:
                break
            for kind, body in self._decoder.feed(data):
                self._take(kind, body)

    def finish(self) -> None:
        """End the session: the agent has exited, or the relay was lost."""
        if self._code is not None:
            self._observer.finish(self._code)
        else:
            self.abandon("lashtui tap ended before it could say how the agent did")

    def abandon(self, reason: str) -> None:
        """End the session as cut off, though the agent may still work: `reason` is why."""
        self._observer.publish(self._producer.flush())
        event = Error(f"No longer watched: {reason}.")
        self._observer.publish([Produced(TurnActivity("", None, event))])
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
        self._observer.publish(self._producer.feed(data, source))
        self._flush_timer.input_came()

    def _lost(self, kind: bytes, count: int) -> None:
        """Bytes are missing: the line ends here; what is left of it is skipped as malformed."""
        self._feed(kind, b"\n")
        event = RuntimeDiagnostic(
            "tap_overflow", {"from": _SOURCES.get(kind, ""), "lost_bytes": count}
        )
        self._observer.publish([Produced(TurnActivity("", None, event))])

    def _show_warnings(self) -> None:
        for sentence in self._observer.take_warnings()[: MAX_WARNINGS - self._warned]:
            self._warned += 1
            self._warn(sentence)
