"""A signal to end: an orderly detach, or a plain end if the terminal has stopped reading.

Such a terminal blocks the loop on a full queue, where asyncio's own handlers are never called;
these are called there too. All that can be done then is to save the reader's place and to restore
the terminal's modes: nothing can be written to it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

HANGUP: Final = 129
"""Exit code after SIGHUP, as shells count (128 + 1)."""
CODES: Final = {
    signal.SIGTERM: int(ExitCode.TERMINATED),
    signal.SIGINT: int(ExitCode.INTERRUPTED),  # a signal that was sent: ctrl+c itself copies
    signal.SIGHUP: HANGUP,
}
PATIENCE: Final = 2.0
"""Seconds for the orderly way: a detach takes 20 ms if the terminal reads."""
LAST: Final = 1.0
"""Seconds for the other way, before the system ends the process."""


class EndSignals:
    """SIGTERM, SIGINT and SIGHUP of a running app.

    Args:
        orderly: called in the loop with the exit code.
        forced: called if the loop has not ended in time; must not wait for the terminal.
    """

    def __init__(self, orderly: Callable[[int], None], forced: Callable[[], None]) -> None:
        self._orderly = orderly
        self._forced = forced
        self._loop: asyncio.AbstractEventLoop | None = None
        self._code = 0
        self._old: dict[int, Any] = {}

    @property
    def is_received(self) -> bool:
        """Whether one has come: the app is about to end."""
        return bool(self._code)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Handle them from now on. Only the main thread can; elsewhere this does nothing."""
        self._loop = loop
        try:
            for number in (*CODES, signal.SIGALRM):
                wanted = self._give_up if number == signal.SIGALRM else self._receive
                self._old[number] = signal.signal(number, wanted)
        except ValueError:
            return

    def remove(self) -> None:
        """Handle them no more: the app has ended."""
        if self._old:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, old in self._old.items():
            signal.signal(number, old)
        self._old = {}

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self._code or self._loop is None:
            return
        self._code = CODES[signal.Signals(number)]
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        self._loop.call_soon_threadsafe(self._orderly, self._code)

    def _give_up(self, _number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LAST)
        try:
            self._forced()
        finally:
            os._exit(self._code)
