"""`ls --watch`: the table on a terminal's other screen until q or ctrl+c. Plain ANSI."""

from __future__ import annotations

import os
import select
import signal
import termios
import time

from lashtui.diagnostics import error
from lashtui.exit_codes import ExitCode
from lashtui.listing.screen import Board
from lashtui.stream.signals import Interrupted, Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Final, Protocol, Self

    from lashd.protocol.records import Record

    class Follow(Protocol):
        """What is needed of `lashd.client.blocking.Client.follow`."""

        @property
        def ended(self) -> Record | None:
            """The `end` record."""

        def read(self, timeout: float | None = None) -> list[Record]:
            """Records; [] on timeout."""

        def fileno(self) -> int:
            """Readable when there is something to read; -1 where only `read` can say."""

        def close(self) -> None:
            """Detach."""


PAINT_EVERY: Final = 0.25
"""Seconds between two pictures at least: a session's row comes four times a second at most."""
TICK: Final = 1.0
"""Seconds between two pictures at most: the ages of young sessions change every second."""
LOST_TICK: Final = 0.2
"""Seconds between two looks at a connection that is lost."""
QUIT: Final = frozenset(b"qQ\x04")
"""Keys that leave: q, and ctrl+d. Ctrl+c is a signal."""

ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""The other screen, no cursor, no wrapping: a name wider than the terminal is cut by it."""
LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
BEGIN: Final = "\x1b[?2026h\x1b[H"
"""Shown at once, where the terminal can; from the top."""
END: Final = "\x1b[J\x1b[?2026l"


class Terminal:
    """The terminal of stdin and stdout while the table stands on it. It is left as it was found."""

    def __init__(self) -> None:
        self._old: list[Any] = []
        self._handlers: dict[int, Any] = {}
        self.wake_in, self._wake_out = -1, -1
        self._is_to_stop = False

    def __enter__(self) -> Self:
        self._old = termios.tcgetattr(0)
        self.wake_in, self._wake_out = os.pipe()
        for end in (self.wake_in, self._wake_out):
            os.set_blocking(end, False)
        # Python's own handler writes a byte for each signal, so that `select` returns.
        self._old_wakeup = signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        for number in (signal.SIGWINCH, signal.SIGTSTP):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._on_signal)
        self._take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wakeup)
        os.close(self.wake_in)
        os.close(self._wake_out)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        found = os.get_terminal_size(1)
        return found.columns or 80, found.lines or 24

    def paint(self, lines: list[str]) -> None:
        """Show these lines and nothing else."""
        write(BEGIN + "\n".join(f"{line}\x1b[K" for line in lines) + END)

    def woken(self) -> None:
        """Take the bytes that signals have left; stop here if the person has pressed ctrl+z."""
        try:
            os.read(self.wake_in, 4096)
        except BlockingIOError:
            pass
        if self._is_to_stop:
            self._is_to_stop = False
            self._give_back()
            os.kill(os.getpid(), signal.SIGSTOP)  # until the shell's fg
            self._take()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._is_to_stop = self._is_to_stop or number == signal.SIGTSTP

    def _take(self) -> None:
        raw = termios.tcgetattr(0)
        raw[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(0, termios.TCSADRAIN, raw)
        write(ENTER)

    def _give_back(self) -> None:
        try:
            write(LEAVE)
            termios.tcsetattr(0, termios.TCSADRAIN, self._old)
        except (OSError, termios.error):
            pass  # the terminal is gone


def write(text: str) -> None:
    """Write all of `text` to stdout, at once as far as the terminal takes it."""
    left = memoryview(text.encode("utf-8", "replace"))
    while left:
        try:
            left = left[os.write(1, left) :]
        except BlockingIOError:  # another process that shares the terminal made it non-blocking
            select.select([], [1], [])


def watch(
    follow: Callable[[], Follow],
    *,
    states: frozenset[str] | None,
    sort: str,
    colour: bool,
    clock: Callable[[], float] = time.monotonic,
) -> ExitCode:
    """Show the list until the person leaves or the daemon stops.

    Raises:
        LashdError: there is no daemon, or one that is too old.
    """
    home = os.path.expanduser("~")
    with Signals() as signals:
        try:
            source = signals.wait(follow)
        except Interrupted:
            return signals.code
        board = Board()
        try:
            with Terminal() as terminal:

                def paint() -> None:
                    width, height = terminal.size
                    terminal.paint(
                        board.picture(
                            width,
                            height,
                            now=clock(),
                            now_ms=time.time() * 1000,
                            states=states,
                            sort=sort,
                            home=home,
                            colour=colour,
                        )
                    )

                _loop(source, board, terminal, signals, paint=paint, clock=clock)
        except Interrupted:
            return ExitCode.DONE if signals.received == signal.SIGINT else signals.code
        except OSError:
            return ExitCode.FAILURE  # the terminal is gone, and with it whoever could be told
        finally:
            source.close()
        if source.ended is not None:
            error("the daemon stopped; `lashtui daemon start` starts it again")
            return ExitCode.NO_DAEMON
        return ExitCode.DONE


def _loop(
    source: Follow,
    board: Board,
    terminal: Terminal,
    signals: Signals,
    *,
    paint: Callable[[], None],
    clock: Callable[[], float],
) -> None:
    """Until a key, a signal or the daemon's end."""
    painted, is_due = clock() - TICK, False
    while source.ended is None:
        now = clock()
        wait = (PAINT_EVERY if is_due else TICK) - (now - painted)
        if wait <= 0 and board.has_news:
            signals.bounded(paint)
            painted, is_due = now, False
            continue
        number = source.fileno()
        watched = [0, terminal.wake_in, *([number] if number >= 0 else [])]
        wait = max(0.0, min(wait if board.has_news else TICK, TICK if number >= 0 else LOST_TICK))
        ready = signals.wait(lambda: select.select(watched, [], [], wait)[0])  # noqa: B023
        if terminal.wake_in in ready:
            terminal.woken()
            painted = clock() - TICK  # another size, or another screen
        if 0 in ready:
            keys = os.read(0, 256)
            if not keys or QUIT.intersection(keys):
                return
        # Also when nothing has come: it finds out that the daemon has stopped answering.
        records = signals.wait(lambda: source.read(0.0))
        board.receive(records, clock())
        is_due = is_due or bool(records)
