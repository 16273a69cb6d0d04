"""A session's growing file, read from its beginning, with those of its subagents.

The lines of several files are told in the order of their times, as far as they are there: what was
published is never put elsewhere. A subagent's lines wait for the call that started it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from lashd.events import (
    ProcessChanged,
    SessionChanged,
    SessionOutcome,
    SessionProcessEventKind,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
)
from lashd.view import MAX_DIRECTORY
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.growing import READ_BYTES, GrowingFile, PackedFile, beginning
from lashtui.ingest.merging import Lines
from lashtui.ingest.outcome import run_outcome
from lashtui.ingest.rollouts import Rollouts
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import (
    PACKED,
    About,
    about,
    directory_file,
    thread_of,
    why_not,
    with_directory,
)
from lashtui.producers import is_end, make_producer
from lashtui.producers.auto.zstd import unpacker
from lashtui.producers.children import Family
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.ingest.sink import Sink
    from lashtui.producers import Produced
    from lashtui.producers.children import Child

MAX_CHILDREN = 1024
"""Subagents of one session whose files are followed."""
MAX_OPEN = 32
"""Of these, files that are open at a time; one is open only while it is read."""
WAIT_FOR = 3.0
"""Seconds that a subagent's lines wait for its call, which its parent writes before it starts."""
IDLE_FOR = 1.0
"""The same once the agent has said that it is idle: its file may lag behind its word."""
REST_FOR = 30.0
"""Seconds without a line after which a turn that may have ended is taken to have ended: the model
writes a long file's worth of arguments between two lines of one message."""


class ChildFile:
    """A subagent's file: opened to read on, closed when that is done."""

    def __init__(self, path: str, tell: Callable[[], Child]) -> None:
        """`tell` says what is known about it by now."""
        self.path = path
        self.child = tell()
        self.has_grown = True
        self.may_speak = False
        """Its lines need not wait for its call."""
        self.lines: Lines | None = None
        """While it is open."""
        self._tell = tell
        self._file: GrowingFile | None = None
        self._until = 0
        self._read = 0
        """Bytes that were told."""
        self._of: tuple[int, int] | None = None

    def ask(self) -> Child:
        """What is known by now: a file beside it may have come later."""
        self.child = self._tell()
        return self.child

    def open(self) -> Lines:
        """Its lines, as far as they are there now; none if it is gone or not readable."""
        self.lines = Lines(self._pull)
        self._until = 0
        try:
            self._file = GrowingFile(self.path)
            self._until, of = self._file.size(), self._file.identity()
        except OSError:
            return self.lines
        if of != self._of or self._until < self._read:  # it is another one
            self._read, self._of = 0, of
        self._file.seek(self._read)
        return self.lines

    def take(self) -> bytes:
        """Its next line."""
        assert self.lines is not None
        line = self.lines.take()
        self._read += len(line)
        return line

    def close(self) -> bytes:
        """No more of it is there for now but the beginning of a line."""
        rest = self.lines.rest() if self.lines is not None else b""
        self.lines, self.has_grown = None, False
        if self._file is not None:
            self._file.close()
            self._file = None
        return rest

    def has_changed(self) -> bool:
        """Whether there is more to read."""
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) != self._of or there.st_size != self._read

    def _pull(self) -> bytes:
        return self._file.read(self._until) if self._file is not None else b""


class Tail:
    """A file that is followed into a session, and those of its subagents."""

    def __init__(self, file: GrowingFile, what: About, sink: Sink) -> None:
        self.about = what
        self.was_seen = False
        """Whether the process that writes the file was seen."""
        self.changed_at = 0.0
        """When it last grew, in seconds since the epoch; the discovery drops the oldest."""
        self.file = file
        self._sink = sink
        self._producer = make_producer(what.format)
        self._family = self._producer if isinstance(self._producer, Family) else None
        self.children: dict[str, ChildFile] = {}
        """Files of its subagents, by path."""
        self._has_too_many = False
        self._warnings: list[str] = []
        self._lines: Lines | None = None
        """Those of the session's own file, since it has subagents."""
        self._until = 0
        self._waits_until: float | None = None
        """When subagents that wait for their call need not wait any more."""
        self._flush_timer = FlushTimer(self._producer)
        self._rests_at: float | None = None
        self._running: set[str] = set()
        """Processes in the background."""
        self._is_over = False
        """The file said that the session ended."""
        self._last_at: int | None = None
        """When the newest event happened: that the file is left later is no part of the session."""

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    @property
    def has_work(self) -> bool:
        """Whether anything runs: the turn, or processes in the background."""
        return self.in_turn or bool(self._running)

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        problem, self.file.problem = self.file.problem, ""
        own, self._warnings = self._warnings, []
        return [*self._producer.take_warnings(), *own, *([problem] if problem else [])]

    def join(self, path: str, tell: Callable[[], Child]) -> bool:
        """Follow a subagent's file into this session; False if no more are followed.

        Codex goes on with a session in another file where a person goes back in it.
        """
        if isinstance(self.file, Rollouts) and self.file.goes_on_in(path):
            return True
        if self._family is None or path in self.children:
            return self._family is not None
        if len(self.children) >= MAX_CHILDREN:
            if not self._has_too_many:
                self._has_too_many = True
                self._warnings.append(f"only {MAX_CHILDREN} of its subagents are followed")
            return False
        child = self.children[path] = ChildFile(path, tell)
        self._family.join(child.child)
        return True

    def has_changed(self) -> bool:
        """Whether there is something new in any of its files."""
        for child in self.children.values():
            child.has_grown = child.has_grown or child.has_changed()
        is_new = any(child.has_grown for child in self.children.values())
        return self.file.has_changed() or (is_new and self._waits_until is None)

    def read(self) -> None:
        """Publish what was added. An incomplete line waits for the rest of it."""
        if self.children:
            self._read_family()
            return
        while data := self.file.read():
            self._publish(self._producer.feed(data))
            self._input_came()
            if len(data) >= READ_BYTES:
                self._sink.wait()

    def _input_came(self) -> None:
        self._flush_timer.input_came()
        self._rests_at = time.monotonic() + REST_FOR

    def _read_family(self) -> None:
        """Publish the lines of all files by their times; the session's own first.

        How far that one has come is looked at first: what its subagents wrote before that is there.
        """
        family = self._family
        assert family is not None
        until = self.file.size()
        main = self._lines = self._lines or Lines(self._pull)
        self._until = until
        waiting = [child for child in self.children.values() if child.has_grown]
        for child in waiting:
            if not child.may_speak:
                family.join(child.ask())
        waiting.sort(key=lambda child: child.child.began)
        reading: list[ChildFile] = []
        taken = 0
        may_admit = True
        while True:
            for child in [*waiting] if may_admit and len(reading) < MAX_OPEN else ():
                key = child.child.key
                if len(reading) < MAX_OPEN and (child.may_speak or family.expects(key)):
                    child.may_speak = True
                    child.open()
                    waiting.remove(child)
                    reading.append(child)
            may_admit = False
            at, speaker = main.next_at(), None
            for child in [*reading]:
                assert child.lines is not None
                own = child.lines.next_at()
                if own is None:
                    child.close()
                    reading.remove(child)
                    may_admit = True  # there is room
                elif at is None or own < at:
                    at, speaker = own, child
            if at is None:
                if any(child.may_speak or family.expects(child.child.key) for child in waiting):
                    may_admit = True
                    continue
                break
            line = main.take() if speaker is None else speaker.take()
            taken += len(line)
            produced = (
                self._producer.feed(line)
                if speaker is None
                else family.feed_child(speaker.child.key, line)
            )
            may_admit = may_admit or any(_is_call(each) for each in produced)
            self._publish(produced)
            if taken >= READ_BYTES:
                taken = 0
                self._sink.wait()
            self._input_came()
        if not waiting:
            self._waits_until = None
        elif self._waits_until is None:
            self._waits_until = time.monotonic() + WAIT_FOR

    def _pull(self) -> bytes:
        return self.file.read(self._until)

    def _let_in(self) -> None:
        """Subagents whose call did not come are told without it."""
        self._waits_until = None
        for child in self.children.values():
            child.may_speak = child.may_speak or child.has_grown
        self.read()

    def settle(self) -> None:
        """Nothing came for a while: flush, which may end a turn."""
        if self._waits_until is not None and time.monotonic() >= self._waits_until:
            self._let_in()
        if self._flush_timer.is_due():
            self._publish(self._producer.flush())
        if self._rests_at is not None and time.monotonic() >= self._rests_at:
            self._rest()

    def _rest(self) -> None:
        self._rests_at = None
        if isinstance(self._producer, RecordProducer):
            self._publish(self._producer.rest())

    def sign(self, sign: Sign) -> None:
        """What the agent says of itself elsewhere, told after what its file has by now."""
        self.read()
        producer = self._producer
        if not isinstance(producer, RecordProducer):
            return
        if sign.state is State.IDLE:
            self._rests_at = time.monotonic() + IDLE_FOR
        self._publish(producer.heard(sign.what if sign.state is State.WAITING else None, sign.at))

    def hooked(self, call: Record, at: int | None) -> None:
        """What the agent told a hook, told after what its file has by now."""
        self.read()
        if isinstance(self._producer, RecordProducer):
            self._publish(self._producer.hooked(call, at))

    def leave(self) -> None:
        """Another tells the session from here on: tell what is there, and end nothing."""
        if self._waits_until is not None:
            self._let_in()
        self.read()
        self._publish(self._producer.flush())
        self.file.close()

    def end(self) -> None:
        """Stop following it: a turn that is still running counts as cut off."""
        if self._waits_until is not None:
            self._let_in()
        self._end_files()
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

    def _end_files(self) -> None:
        """A last line needs no newline."""
        if self._lines is not None:
            self._publish(self._producer.feed(self._lines.rest()))
        for child in self.children.values():
            if child.may_speak and child.has_changed() and self._family is not None:
                lines = child.open()
                rest = child.close() if lines.next_at() is None else b""
                if rest.strip():
                    self._publish(self._family.feed_child(child.child.key, rest))

    def _publish(self, produced: list[Produced]) -> None:
        for each in produced:
            self._sink.publish(each)
            self._is_over = is_end(each)
            self._last_at = each.at
            if isinstance(each.payload, ProcessChanged):
                self._follow_processes(each.payload)
            elif isinstance(each.payload, SessionChanged) and self.about.directory is None:
                self.about = self.about._replace(directory=each.payload.directory)

    def _follow_processes(self, change: ProcessChanged) -> None:
        if change.kind is not SessionProcessEventKind.STARTED:
            self._running.difference_update(change.process_ids)
        elif len(self._running) < MAX_CHILDREN:
            self._running.update(change.process_ids)


def _is_call(produced: Produced) -> bool:
    """Whether a subagent may have been started by this."""
    payload = produced.payload
    if isinstance(payload, TurnActivity):
        return isinstance(payload.event, ToolCallStarted | ToolCallCompleted)
    return isinstance(payload, ProcessChanged)


def open_file(path: str) -> GrowingFile:
    """A file, unpacked if it is compressed and something here can do that.

    Raises:
        OSError: it is gone, a link, or not readable.
    """
    found = unpacker() if path.endswith(PACKED) else None
    if found is not None:
        return PackedFile(path, found)
    if thread_of(path):
        return Rollouts(path)
    return GrowingFile(path)


def open_tail(path: str, make_sink: Callable[[About, str], Sink | None]) -> Tail | None:
    """Follow a file; None if it isn't a session's or `make_sink` declines it.

    Raises:
        OSError: it can't be read.
    """
    file = open_file(path)
    what = _about(path, file)
    sink = make_sink(what, path) if what is not None else None
    if what is None or sink is None:
        file.close()
        return None
    return Tail(file, what, sink)


def about_file(path: str) -> About | None:
    """What a file and the one beside it say about its session; None if it is none's."""
    try:
        file = open_file(path)
    except OSError:
        return None
    try:
        return _about(path, file)
    finally:
        file.close()


def _about(path: str, file: GrowingFile) -> About | None:
    what = about(path, file.head())
    if what is not None and (beside := directory_file(what, path)) is not None:
        directory = _line_of(beside)
        what = with_directory(what, directory) if directory else what
    return what


def _line_of(path: str) -> str:
    """A file that holds one path; empty if it doesn't."""
    try:
        line = beginning(path, MAX_DIRECTORY).decode().strip()
    except UnicodeDecodeError:
        return ""
    return line if os.path.isabs(line) and line.isprintable() else ""


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
