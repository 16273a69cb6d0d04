"""One growing file, read from its beginning, and the session that it becomes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Protocol

from lashd.events import SessionOutcome
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.outcome import run_outcome
from lashtui.ingest.transcripts import MAX_HEAD, PACKED, About, about, why_not
from lashtui.producers import is_end, make_producer
from lashtui.producers.auto.zstd import Unpacker, unpacker
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.producers import Produced

READ_BYTES = 256 * 1024
REST_FOR = 30.0
"""Seconds without a line after which a turn that may have ended is taken to have ended: the model
writes a long file's worth of arguments between two lines of one message."""


class Sink(Protocol):
    """Where a session's events go."""

    def publish(self, produced: Produced) -> None:
        """One payload."""

    def wait(self) -> None:
        """Wait until most of it was delivered, for a moment at most."""

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The session's end, at Unix milliseconds `at` or now; nothing follows."""


class GrowingFile:
    """A file's bytes as they are added."""

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.path = path
        self.problem = ""
        """Why no more of it is read."""
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
        """Whether there is something new to read, or another file in its place."""
        return self.is_replaced() or os.fstat(self._descriptor).st_size != self._size

    def is_replaced(self) -> bool:
        """Whether it was truncated, or another file has its name now."""
        open_file = os.fstat(self._descriptor)
        if open_file.st_size < self._size:
            return True
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (open_file.st_dev, open_file.st_ino)

    def is_gone(self) -> bool:
        """Whether no file has its name any more."""
        return not os.path.lexists(self.path)

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


class PackedFile(GrowingFile):
    """A compressed file's content; such a file grows no more."""

    def __init__(self, path: str, unpacker: Unpacker) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        super().__init__(path)
        self._unpacker = unpacker
        self._ahead = b""

    def head(self) -> bytes:
        """Its beginning, as it was before it was compressed."""
        self._ahead = self.read()
        return self._ahead[:MAX_HEAD]

    def read(self) -> bytes:
        """More of its content."""
        data, self._ahead = self._ahead, b""
        while not data and (packed := super().read()):
            try:
                data = self._unpacker.feed(packed)
            except ValueError as error:
                self.problem = f"the rest can't be read: {error}"
                break
        return data


def open_file(path: str) -> GrowingFile:
    """A file, unpacked if it is compressed and something here can do that.

    Raises:
        OSError: it is gone, a link, or not readable.
    """
    found = unpacker() if path.endswith(PACKED) else None
    return GrowingFile(path) if found is None else PackedFile(path, found)


class Tail:
    """A file that is followed into a session."""

    def __init__(self, file: GrowingFile, what: About, sink: Sink) -> None:
        self.about = what
        self.was_held = False
        """Whether a process was seen to have the file open."""
        self.changed_at = 0.0
        """When it last grew, in seconds since the epoch; the discovery drops the oldest."""
        self.file = file
        self._sink = sink
        self._producer = make_producer(what.format)
        self._flush_timer = FlushTimer(self._producer)
        self._rests_at: float | None = None
        self._is_over = False
        """The file said that the session ended."""
        self._last_at: int | None = None
        """When the newest event happened: that the file is left later is no part of the session."""

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        problem, self.file.problem = self.file.problem, ""
        return [*self._producer.take_warnings(), *([problem] if problem else [])]

    def read(self) -> None:
        """Publish what was added. An incomplete line waits for the rest of it."""
        while data := self.file.read():
            self._publish(self._producer.feed(data))
            self._flush_timer.input_came()
            self._rests_at = time.monotonic() + REST_FOR
            if len(data) >= READ_BYTES:
                self._sink.wait()

    def settle(self) -> None:
        """Nothing came for a while: flush, which may end a turn."""
        if self._flush_timer.is_due():
            self._publish(self._producer.flush())
        if self._rests_at is not None and time.monotonic() >= self._rests_at:
            self._rest()

    def _rest(self) -> None:
        self._rests_at = None
        if isinstance(self._producer, RecordProducer):
            self._publish(self._producer.rest())

    def end(self) -> None:
        """Stop following it: a turn that is still running counts as cut off."""
        self._publish(self._producer.flush())
        self._rest()
        was_in_turn = self._producer.in_turn
        cut_off = SessionOutcome.CUT_OFF if was_in_turn else SessionOutcome.SUCCESS
        self._publish(self._producer.finish(cut_off))
        outcome = run_outcome(0, turn_failed=self._sink.turn_failed)
        if was_in_turn and self._producer.in_turn:  # a version that writes no ends has none now
            outcome = SessionOutcome.CUT_OFF
        if not self._is_over:
            self._sink.end(outcome, self._last_at)
        self.file.close()

    def _publish(self, produced: list[Produced]) -> None:
        for each in produced:
            self._sink.publish(each)
            self._is_over = is_end(each)
            self._last_at = each.at


def open_tail(path: str, make_sink: Callable[[About, str], Sink | None]) -> Tail | None:
    """Follow a file; None if it isn't a session's or `make_sink` declines it.

    Raises:
        OSError: it can't be read.
    """
    file = open_file(path)
    what = about(path, file.head())
    sink = make_sink(what, path) if what is not None else None
    if what is None or sink is None:
        file.close()
        return None
    return Tail(file, what, sink)


def read_reason(path: str) -> str | None:
    """Why this file is not followed; None where its agent's session is there.

    Raises:
        OSError: it can't be read.
    """
    file = open_file(path)
    try:
        head = file.head()
    finally:
        file.close()
    return why_not(head) if about(path, head) is None else None
