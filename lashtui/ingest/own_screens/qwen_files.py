"""What qwen's own screen tells: the events that it writes for us, and the session's own file.

The events leave out which calls a person refused or stopped, and what is said to the agent amid a
turn; the file has that, but nothing before it is whole, and no question that waits.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.growing import GrowingFile, file_in_projects
from lashtui.ingest.own_screens.screen import Told
from lashtui.producers.fields import time_of
from lashtui.producers.lines import LineSplitter
from lashtui.producers.qwen.stream import QwenStreamProducer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

READ_BYTES: Final = 256 * 1024
MAX_AT_ONCE: Final = 4 * 1024 * 1024
"""Bytes that are read before the screen is shown again; the rest follows with the next look."""
FREE_AFTER: Final = 16 * 1024 * 1024
"""Bytes that are read before their space on the disk is given back: some minutes of text."""

LOOK_EVERY: Final = 0.5
"""Seconds between two looks for the session's file, which begins with the first prompt."""


class QwenEvents(Told):
    """The events in the file that qwen writes for us."""

    def __init__(
        self, descriptor: int, own: OwnFile, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is read yet.

        Args:
            descriptor: of the file, for reading and writing; it stays the caller's.
            own: the session's own file.
            clock: seconds.
        """
        self._descriptor = descriptor
        self._own = own
        self._producer = QwenStreamProducer()
        # The last words of a turn show nothing, and can come seconds after what showed something.
        self._timer = FlushTimer(self._producer, clock=clock)
        self._read = 0
        self._freed = 0

    @property
    def ids(self) -> Collection[str]:
        """The one that is open."""
        return (self._producer.session,) if self._producer.session else ()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        return self._producer.take_warnings()

    def poll(self) -> list[Produced]:
        """What was written since the last call."""
        produced: list[Produced] = []
        before = self._read
        until = before + MAX_AT_ONCE
        while self._read < until:
            try:
                data = os.pread(self._descriptor, READ_BYTES, self._read)
            except OSError:
                break
            if not data:
                break
            self._read += len(data)
            produced += self._producer.feed(data)
        if self._read - self._freed >= FREE_AFTER:
            free_space(self._descriptor, self._freed, self._read - self._freed)
            self._freed = self._read
        for record in self._own.records(self._producer.session):
            produced += self._producer.beside(record)
        if self._read > before or produced:
            self._timer.input_came()
        elif self._timer.is_due():
            produced += self._producer.flush()
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return self._producer.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """qwen has ended. Whoever leaves it amid a turn has stopped that."""
        produced: list[Produced] = []
        while more := self.poll():
            produced += more
        self._own.close()
        produced += self._producer.flush()
        if self._producer.in_turn:
            self._producer.diagnose("interrupted")
            self._producer.end_turn()
        return produced + self._producer.finish(outcome)


class OwnFile:
    """The file that qwen keeps of the session."""

    def __init__(
        self, projects: str, began_ms: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is read yet.

        Args:
            projects: the directory of all such files.
            began_ms: when qwen was started; what is older is the past of a session that goes on.
            clock: seconds.
        """
        self._projects = projects
        self._began_ms = began_ms
        self._clock = clock
        self._session = ""
        self._file: GrowingFile | None = None
        self._look_at = 0.0
        self._lines = LineSplitter()

    def records(self, session: str) -> list[Record]:
        """What it said since the last call of the session that is so called."""
        if session != self._session:
            self.close()
            self._session, self._lines, self._look_at = session, LineSplitter(), 0.0
        if self._file is None:
            self._open()
        return list(self._new())

    def close(self) -> None:
        """Nothing more is read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_EVERY
        path = file_in_projects(self._projects, self._session, "chats")
        if path is not None:
            with suppress(OSError):
                self._file = GrowingFile(path)

    def _new(self) -> Iterator[Record]:
        while self._file is not None and (data := self._file.read()):
            for line in self._lines.feed(data):
                try:
                    record = json.loads(line.data)
                except (ValueError, RecursionError):
                    continue
                if not isinstance(record, dict):
                    continue
                at = time_of(record.get("timestamp"))
                if at is not None and at >= self._began_ms:
                    yield record


_KEEP_SIZE_AND_PUNCH_HOLE: Final = 0x01 | 0x02


def free_space(descriptor: int, start: int, count: int) -> None:
    """Give back the space of these bytes, which read as zeros then; where the system can."""
    if sys.platform != "linux":
        return
    import ctypes

    try:
        fallocate = ctypes.CDLL(None).fallocate64
    except (OSError, AttributeError):
        return
    fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    fallocate(descriptor, _KEEP_SIZE_AND_PUNCH_HOLE, start, count)
