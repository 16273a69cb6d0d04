"""One file that grows, read from its beginning, and the session that it becomes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from lashd.events import SessionOutcome
from lashtui.ingest.flush_timer import Pace
from lashtui.ingest.outcome import run_outcome
from lashtui.ingest.transcripts import MAX_HEAD, About, about
from lashtui.producers import make_producer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.producers import Produced

READ_BYTES = 256 * 1024


class Sink(Protocol):
    """Where a session's events go."""

    def publish(self, produced: Produced) -> None:
        """One payload."""

    def wait(self) -> None:
        """Until most of it was taken, for a moment at most."""

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""

    def end(self, outcome: SessionOutcome) -> None:
        """The session's end; nothing follows."""


class Growing:
    """A file's bytes as they are added."""

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.path = path
        self._size = 0

    def head(self) -> bytes:
        """Its beginning."""
        return os.pread(self._descriptor, MAX_HEAD, 0)

    def read(self) -> bytes:
        """What was added; empty: nothing more for now."""
        data = os.pread(self._descriptor, READ_BYTES, self._size)
        self._size += len(data)
        return data

    def has_changed(self) -> bool:
        """Whether there is anything to do about it."""
        return self.is_replaced() or os.fstat(self._descriptor).st_size != self._size

    def is_replaced(self) -> bool:
        """Whether it was cut, or another file has its name now."""
        ours = os.fstat(self._descriptor)
        if ours.st_size < self._size:
            return True
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def is_gone(self) -> bool:
        """Whether its name is nobody's."""
        return not os.path.lexists(self.path)

    def close(self) -> None:
        """Let it go."""
        os.close(self._descriptor)


class Tail:
    """A file that is followed into a session."""

    def __init__(self, growing: Growing, what: About, sink: Sink) -> None:
        self.about = what
        self.changed_at = 0.0
        """When it last grew, for those who choose among many."""
        self.file = growing
        self._sink = sink
        self._producer = make_producer(what.format)
        self._pace = Pace(self._producer)

    @property
    def warnings(self) -> list[str]:
        """What the format's reader said; whoever shows it empties it."""
        return self._producer.warnings

    def read(self) -> None:
        """Publish what was added. A line that is half written waits for its other half."""
        while data := self.file.read():
            self._publish(self._producer.feed(data))
            self._pace.took()
            if len(data) == READ_BYTES:
                self._sink.wait()

    def settle(self) -> None:
        """Nothing came for a while: what could be a turn's end is one."""
        if self._pace.is_due():
            self._publish(self._producer.flush())

    def end(self) -> None:
        """It is not followed any more: a turn that runs is cut off as far as anybody can tell."""
        self._publish(self._producer.flush())
        is_open = bool(getattr(self._producer, "in_turn", False))
        outcome = run_outcome(0, turn_failed=self._sink.turn_failed)
        if is_open:
            outcome = SessionOutcome.CUT_OFF
        self._publish(self._producer.finish(outcome))
        self._sink.end(outcome)
        self.file.close()

    def _publish(self, produced: list[Produced]) -> None:
        for each in produced:
            self._sink.publish(each)


def open_tail(path: str, make_sink: Callable[[About, str], Sink | None]) -> Tail | None:
    """Follow a file; None: it is no session's, or nobody wants it.

    Raises:
        OSError: it can't be read.
    """
    growing = Growing(path)
    what = about(path, growing.head())
    sink = make_sink(what, path) if what is not None else None
    if what is None or sink is None:
        growing.close()
        return None
    return Tail(growing, what, sink)
