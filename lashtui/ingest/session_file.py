"""An agent as it is, and its events from the file that it keeps of the session.

For agents whose output for people can't be rebuilt from the events that they can print instead.
What is printed is held until there is a file; without one it is the session.
"""

from __future__ import annotations

import itertools
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.ingest.growing import GrowingFile
from lashtui.ingest.transcripts import key_of
from lashtui.producers import Produced
from lashtui.producers.lines import LineSplitter
from lashtui.producers.text import TextProducer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lashd.events import SessionOutcome
    from lashtui.producers import Producer

FILE_WITHIN: Final = 5.0
"""Seconds for the file of the session, from the first that is printed. An agent has it before it
asks the model; a prompt typed on stdin may take longer, and then what was printed so far is text in
the session."""

MAX_HELD: Final = 256 * 1024
"""Bytes of output held until there is a file; what comes before it is a few lines."""


class SessionFileProducer(TextProducer):
    """Reads the file of a session once there is one; else what is printed."""

    _agent: ClassVar[str]
    without: ClassVar[str]
    """What is said if there is no file."""

    def __init__(
        self, events: Producer, this_run: ThisRun, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is read yet.

        Args:
            events: reads the file.
            this_run: what of the file is of this run.
            clock: seconds.
        """
        super().__init__()
        self.events = events
        self._now = clock
        self._this_run = this_run
        self._file: GrowingFile | None = None
        self._opened = ""
        """Where it is."""
        self._held: list[tuple[bytes, str]] | None = []
        """Output that is text if there is no file; None: it is."""
        self._give_up_at: float | None = None
        self._has_given_up = False
        """What is text by now must not be told again."""

    @abstractmethod
    def find(self) -> str | None:
        """The path of the file, if it is there."""

    @property
    def is_expected(self) -> bool:
        """Whether the agent said that there is a session, so that a missing file is news."""
        return True

    @property
    def has_file(self) -> bool:
        """Whether the session comes from a file."""
        return self._file is not None

    @property
    def ids(self) -> Collection[str]:
        """What the agent calls the session, once its file is there."""
        found = key_of(self._opened, self._agent, b"") if self._opened else None
        return (found.id,) if found is not None else ()

    @property
    def is_text(self) -> bool:
        """Whether there are no events, or not yet."""
        return self._file is None

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self.events.in_turn

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        return self.events.take_warnings()

    def feed(self, data: bytes, source: str = "") -> list[Produced]:
        """Nothing, as long as there may be a file."""
        if self._file is not None:
            return []
        if self._held is None:
            return super().feed(data, source)
        self._held.append((data, source))
        if self._give_up_at is None:
            self.wait_for_file()
        return self._as_text() if sum(len(each) for each, _ in self._held) > MAX_HELD else []

    def wait_for_file(self) -> None:
        """It comes within a while from now."""
        self._give_up_at = self._now() + FILE_WITHIN

    def take_held(self) -> list[tuple[bytes, str]]:
        """What was printed so far, which is held no longer."""
        held, self._held, self._give_up_at = self._held or [], None, None
        return held

    def poll(self) -> list[Produced]:
        """What the file says now."""
        if self._file is None:
            self._open()
        if self._file is None:
            is_late = self._give_up_at is not None and self._now() >= self._give_up_at
            if is_late and self.is_expected:
                self._has_given_up = True
            return self._as_text() if is_late else []
        produced: list[Produced] = []
        while data := self._file.read():
            produced += self.events.feed(self._this_run.of(data))
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return super().flush() if self.is_text else self.events.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The rest of the file, or of the text."""
        produced = self.poll()
        if self._file is None:
            return produced + self._as_text() + super().finish(outcome)
        self._file.close()
        # The end of the run is now, not at the file's last line.
        return produced + [each._replace(at=None) for each in self.events.finish(outcome)]

    def _open(self) -> None:
        path = None if self._has_given_up else self.find()
        if path is None:
            return
        try:
            self._file = GrowingFile(path)
        except OSError:
            return
        self._opened = path
        self._held = None

    def _as_text(self) -> list[Produced]:
        """From now on what it prints is published."""
        produced: list[Produced] = []
        held = self.take_held()
        if held and self.is_expected:
            event = RuntimeDiagnostic("shown_as_text", {"message": self.without})
            produced.append(Produced(TurnActivity("", None, event)))
        for data, source in held:
            produced += super().feed(data, source)
        return produced


class ThisRun:
    """The lines of a file since a time: a run may go on with an earlier session."""

    def __init__(
        self,
        since_ms: int,
        time_of: Callable[[bytes], int | None],
        is_about: Callable[[bytes], bool],
    ) -> None:
        """Nothing is read yet.

        Args:
            since_ms: when the run began.
            time_of: when a line was written; None: it doesn't say.
            is_about: whether a line says what the session is, which is kept.
        """
        self._since_ms = since_ms
        self._time_of = time_of
        self._is_about = is_about
        self._lines: LineSplitter | None = LineSplitter()
        """None: this run has begun."""

    def of(self, data: bytes) -> bytes:
        """What of `data` this run wrote, and what the file is about."""
        if self._lines is None:
            return data
        kept = b""
        ends = itertools.accumulate(len(line) + 1 for line in data.split(b"\n"))
        for line, end in zip(self._lines.feed(data), ends, strict=False):
            if self._is_about(line.data):
                kept += line.data + b"\n"
                continue
            at = self._time_of(line.data)
            if at is not None and at >= self._since_ms:
                self._lines = None
                return kept + line.data + b"\n" + data[end:]
        return kept
