"""Signals of a stream: it ends in order, with its last record and its cursor written.

A signal interrupts waiting at once but never writing, so that no record is cut in half; a write
that hangs because nobody reads is abandoned soon after, as it is after a time limit. A repeated
signal changes nothing: `timeout` sends each twice, to us and to our group.
"""

from __future__ import annotations

import os
import signal
import sys

from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Self, TypeVar

    T = TypeVar("T")

GIVE_UP_WRITING = 2.0
"""Seconds that a write may still take after a signal or the time limit: a live reader empties a
pipe's 64 KiB in far less."""


def _say_nothing(_: object) -> None:
    pass


class Interrupted(BaseException):
    """A signal arrived while waiting, or writing was abandoned."""


class Signals:
    """SIGINT, SIGTERM and SIGHUP while a stream runs. Those that were ignored stay ignored.

    After one of them has arrived all are ignored: the process is about to exit with its code.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.gave_up = False
        """Writing was abandoned: further writes make no sense."""
        self._waiting = self._bounded = self._late = False
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._old[number] = signal.signal(number, self._on_signal)
        self._old[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # One that arrives in the moment in which it becomes ignored is none of anybody's, but
        # Python reports it as an error, with a traceback.
        report, sys.unraisablehook = sys.unraisablehook, _say_nothing
        try:
            for number, handler in self._old.items():
                ended = self.received is not None and number != signal.SIGALRM
                signal.signal(number, signal.SIG_IGN if ended else handler)
        finally:
            sys.unraisablehook = report

    @property
    def code(self) -> ExitCode:
        """The exit code for the signal that arrived."""
        return ExitCode.INTERRUPTED if self.received == signal.SIGINT else ExitCode.TERMINATED

    def limit(self, seconds: float) -> None:
        """Abandon writing `GIVE_UP_WRITING` after `seconds` from now, even without a signal."""
        signal.setitimer(signal.ITIMER_REAL, seconds + GIVE_UP_WRITING)

    def wait(self, call: Callable[[], T]) -> T:
        """The result of `call`, which may wait.

        Raises:
            Interrupted: a signal arrived, before or while waiting.
        """
        self._waiting = True
        try:
            if self.received is not None:
                raise Interrupted
            return call()
        finally:
            self._waiting = False

    def bounded(self, call: Callable[[], T]) -> T:
        """The result of `call`, which no signal interrupts but which must not hang for ever.

        Raises:
            Interrupted: it was abandoned.
        """
        self._bounded = True
        try:
            if self.gave_up:
                raise Interrupted
            return call()
        finally:
            self._bounded = False

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None:
            return
        self.received = number
        # Even if nothing is being written now: the last record will be.
        signal.setitimer(signal.ITIMER_REAL, GIVE_UP_WRITING)
        if self._waiting:
            self._waiting = False
            raise Interrupted

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._waiting or self._bounded:
            self._waiting = self._bounded = False
            self.gave_up = True
            raise Interrupted
        if self._late:
            os._exit(self.code if self.received is not None else ExitCode.TIMEOUT)
        # Between two bounded calls: the next one gets as long again, then the process exits.
        self._late = True
        signal.setitimer(signal.ITIMER_REAL, GIVE_UP_WRITING)
