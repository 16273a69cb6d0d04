"""The loop of a stream: source -> `Course` -> stdout -> cursor file, until it ends."""

from __future__ import annotations

import time

from lashd.errors import RequestRefused
from lashtui.diagnostics import CommandError, discard_stdout, error, failure_of, say
from lashtui.exit_codes import ExitCode
from lashtui.stream.course import Ending
from lashtui.stream.signals import Interrupted, Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from lashd.protocol.records import Record
    from lashtui.saved.cursor_file import CursorFile
    from lashtui.stream.course import Course
    from lashtui.stream.output import Output

    class Source(Protocol):
        """What the loop needs of `lashd.client.blocking.Attachment`."""

        def read(self, timeout: float | None = None) -> list[Record]:
            """Records; [] on timeout."""

        @property
        def ended(self) -> Record | None:
            """The `end` record."""

        def close(self) -> None:
            """Detach."""


CHECK_EVERY = 1.0
"""Seconds between two checks that our reader still exists while nothing is written to it."""


class Runner:
    """One stream's run. `attach` opens the source, so that signals and the timeout cover it too."""

    def __init__(
        self,
        stream: Course,
        output: Output,
        *,
        attach: Callable[[], Source],
        cursor_file: CursorFile | None = None,
        timeout: float | None = None,
        suggest: Callable[[], str] | None = None,
        show_cursor: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`suggest`: what to do if there is no such session; may ask the daemon."""
        self._stream = stream
        self._output = output
        self._attach = attach
        self._file = cursor_file
        self._suggest = suggest
        self._show_cursor = show_cursor
        self._clock = clock
        self._timeout = timeout
        self._deadline = None if timeout is None else clock() + timeout
        self._timed_out = f"timed out after {timeout or 0:g} s"
        self._cant_store = False
        self._flushed = stream.cursor
        """The cursor behind what stdout has taken."""

    def run(self) -> ExitCode:
        """Stream until the end.

        Raises:
            CommandError: no session, no daemon, a cursor file that can't be written.
        """
        with Signals() as signals:
            if self._timeout is not None:
                signals.limit(self._timeout)
            try:
                return self._run(signals)
            except BrokenPipeError:
                discard_stdout()
                return ExitCode.DONE
            except Interrupted:  # while writing: without a reader there is no orderly end
                if signals.received is not None:
                    return signals.code
                error(self._timed_out)
                return ExitCode.TIMEOUT
            finally:
                self._store(final=True)
                if self._show_cursor and self._flushed is not None:
                    say(f"-- cursor: {self._flushed}")

    def _run(self, signals: Signals) -> ExitCode:
        stream = self._stream
        try:
            self._follow(signals)
        except Interrupted:
            if signals.gave_up:
                raise
            stream.stop("interrupted", signals.code)
        except BrokenPipeError:
            raise
        except Exception as problem:
            failure = failure_of(problem)
            if failure is None:
                raise
            late = self._deadline is not None and self._clock() >= self._deadline
            if not (late and failure.code is ExitCode.NO_DAEMON):
                error(failure.message)
                return failure.code
            stream.stop("timeout", ExitCode.TIMEOUT, f"{self._timed_out}; {failure.message}")
        ending = stream.ending or Ending("interrupted", signals.code)
        signals.bounded(lambda: self._output.finish(stream.end_record()))
        self._flushed = stream.cursor
        if ending.message:
            error(ending.message)
        return ending.code

    def _follow(self, signals: Signals) -> None:
        try:
            self._loop(signals)
        except RequestRefused as refusal:
            if refusal.code != "no_session" or self._suggest is None:
                raise
            suggestion = signals.wait(self._suggest)
            message = f"{refusal.message}; {suggestion}"
            raise CommandError(ExitCode.NO_SESSION, message) from None

    def _loop(self, signals: Signals) -> None:
        stream = self._stream
        source = signals.wait(self._attach)
        try:
            while stream.ending is None:
                now = self._clock()
                if self._deadline is not None and now >= self._deadline:
                    stream.stop("timeout", ExitCode.TIMEOUT, self._timed_out)
                    break
                wait = self._wait_for(now)
                records = signals.wait(lambda wait=wait: source.read(wait))  # type: ignore[misc]
                if not records and source.ended is not None:
                    records = [source.ended]
                signals.bounded(lambda records=records: self._write(records))  # type: ignore[misc]
                self._store()
        finally:
            source.close()

    def _wait_for(self, now: float) -> float:
        times = [self._deadline, self._stream.progress_due()]
        times.append(self._file.due() if self._file else None)
        return max(0.0, min([CHECK_EVERY, *(at - now for at in times if at is not None)]))

    def _write(self, records: list[Record]) -> None:
        stream, now = self._stream, self._clock()
        shown: list[Record] = []
        for record in records:
            shown += stream.receive(record, now)
        shown += stream.progress(now)
        if shown:
            self._output.write(shown)
        elif self._output.is_closed:
            raise BrokenPipeError
        self._flushed = stream.cursor

    def _store(self, *, final: bool = False) -> None:
        if self._file is None:
            return
        now = self._clock()
        try:
            self._file.update(self._flushed, now)
            if final:
                self._file.write(now)
        except CommandError:
            if not self._cant_store:  # else it was said, and tried once more
                self._cant_store = True
                raise
