"""Signals of a stream: it ends orderly, with its last record and its cursor written.

A signal interrupts waiting at once and writing not at all, so that no record is cut in half; a
writer that hangs because nobody reads is given up soon after, and likewise after a time limit. The
signal again changes nothing: `timeout` sends each twice, to us and to our group.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, TypeVar

from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Self

T = TypeVar("T")

GIVE_UP_WRITING = 2.0
"""Seconds that a write may still take after a signal or the time limit: a reader that lives takes
a pipe's 64 KiB in far less."""


class Interrupted(BaseException):
    """A signal came while waiting; or writing was given up."""


class Signals:
    """SIGINT, SIGTERM and SIGHUP while a stream runs. Those that were ignored stay so.

    After one of them has come all are ignored: the process is about to end with its code.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.gave_up = False
        """Writing was given up: no further write makes sense."""
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
        for number, handler in self._old.items():
            ended = self.received is not None and number != signal.SIGALRM
            signal.signal(number, signal.SIG_IGN if ended else handler)

    @property
    def code(self) -> ExitCode:
        """The exit code that says which signal it was."""
        return ExitCode.INTERRUPTED if self.received == signal.SIGINT else ExitCode.TERMINATED

    def limit(self, seconds: float) -> None:
        """Give up writing `GIVE_UP_WRITING` after `seconds` from now, signal or not."""
        signal.setitimer(signal.ITIMER_REAL, seconds + GIVE_UP_WRITING)

    def wait(self, call: Callable[[], T]) -> T:
        """The result of `call`, which may wait.

        Raises:
            Interrupted: a signal came, before or while waiting.
        """
        self._waiting = True
        try:
            if self.received is not None:
                raise Interrupted
            return call()
        finally:
            self._waiting = False

    def bounded(self, call: Callable[[], T]) -> T:
        """The result of `call`, which no signal interrupts, but which may not hang for ever.

        Raises:
            Interrupted: it was given up.
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
        # Also where nothing is being written now: the last record will be.
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
        # In between: what follows is bounded, or else this is all that is left of us.
        self._late = True
        signal.setitimer(signal.ITIMER_REAL, GIVE_UP_WRITING)
