"""The terminal driver: Textual's, made to survive a terminal that goes away.

Textual's writer thread dies of the first failed write; then its queue fills and the whole program
hangs. Here what can't be written is dropped, so a hang-up ends like any detach. And if
stderr is redirected the picture still goes to the terminal.

Textual's input thread checks ten times a second whether it should end, and takes a fifth of a
second to end. Here it sleeps until there is a key, and a pipe wakes it at the end.

Textual leaves and enters the terminal in the handlers of SIGTSTP and SIGCONT, which may interrupt a
write to it. Here that is done in the loop, between two writes.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Awaitable, Callable
from typing import IO, Any, Final

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste
from textual.message import Message

from lashtui.app import jobs
from lashtui.text.sanitize import safe_text

ESCAPE_WAIT: Final = 0.05
"""Seconds between two checks of an escape sequence that has begun: it may have been the Esc key."""
KEY_BYTES: Final = 4096


class ForgivingFile:
    """A terminal's file whose writes fail silently once the terminal is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, if there is still a terminal."""
        try:
            self._file.write(text)
        except (OSError, ValueError):
            pass

    def flush(self) -> None:
        """Flush, if there is still a terminal."""
        try:
            self._file.flush()
        except (OSError, ValueError):
            pass

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._file.fileno()


class LashDriver(LinuxDriver):
    """Writes to the terminal, be it stderr or stdout, and outlives it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        terminal = sys.__stderr__
        if (terminal is None or not terminal.isatty()) and sys.__stdout__ is not None:
            terminal = sys.__stdout__
        assert terminal is not None
        self._file: Any = ForgivingFile(terminal)
        self._wake_read = self._wake_write = -1
        self._away = False
        """Stopped, or about to be: the terminal belongs to the shell."""
        self._is_lent = False
        """The terminal belongs to a program that we have started."""
        self.before_stop: Callable[[], None] = lambda: None
        self.after_stop: Callable[[], None] = lambda: None
        self.is_ending: Callable[[], bool] = lambda: False
        """Whether a signal to end has come: then a stopped app need not wait for the terminal."""

    # -- the beginning and the end -----------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        """Wake the input thread so that it ends, and wait for it."""
        if self._away:  # to flush a terminal from the background would stop us
            return
        self._wake()
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Restore the terminal, unless that was done when we were stopped."""
        if not self._away:
            super().stop_application_mode()

    def close(self) -> None:
        """Close for good, unless we are stopped."""
        if self._away:
            return
        super().close()
        for descriptor in (self._wake_read, self._wake_write):
            try:
                os.close(descriptor)
            except OSError:
                pass
        self._wake_read = self._wake_write = -1

    # -- stopped by the shell ----------------------------------------------------------------------

    def _sigtstp_application(self, *_: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        if not self._away and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._continue)

    def _stop(self) -> None:
        """Leave the terminal, stop, and take it again."""
        if self._is_lent:  # that program stops too, and goes on with us
            jobs.stop_until_foreground(self.fileno, self.is_ending)
            return
        if self._away or self._writer_thread is None or self.is_ending():
            return
        self.before_stop()
        self.suspend_application_mode()
        self._away = True
        jobs.stop_until_foreground(self.fileno, self.is_ending)
        if not jobs.is_foreground(self.fileno):  # we are to end, without a terminal
            return
        self._away = False
        self.resume_application_mode()
        self.after_stop()

    def _continue(self) -> None:
        """Continued after SIGSTOP, which gives no warning: the shell has changed the modes."""
        if self._away or self._writer_thread is None or not jobs.is_foreground(self.fileno):
            return
        self.before_stop()
        self.suspend_application_mode()
        self.resume_application_mode()
        self.after_stop()

    async def lend(self, run: Callable[[], Awaitable[str]]) -> str:
        """Leave the terminal, and take it again once `run` is over; returns what that says.

        If it is cancelled, because the app is to end, the terminal stays with the other program.
        """
        if self._away or self._writer_thread is None or self.is_ending():
            return "the terminal is not ours now"
        self.before_stop()
        self.suspend_application_mode()
        self._away = self._is_lent = True
        # ctrl+c is meant for the other program, which would inherit that we ignore it.
        interrupt = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            said = await run()
        finally:
            signal.signal(signal.SIGINT, interrupt)
            self._is_lent = False
        self._away = False
        self.resume_application_mode()
        self.after_stop()
        return said

    def write(self, data: str) -> None:
        """Write, unless the terminal belongs to the shell."""
        if not self._away:
            super().write(data)

    def restore_modes(self) -> None:
        """Give the terminal its former modes back, without writing to it."""
        if self.attrs_before is not None and not self._away:
            try:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            except termios.error:
                pass

    def process_message(self, message: Message) -> None:
        """Pass on what was typed, and neutralise what was pasted: it may be an agent's words."""
        if isinstance(message, Paste):
            message.text = safe_text(message.text)
        super().process_message(message)

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except OSError:
            pass

    def run_input_thread(self) -> None:
        """Read keys until the end."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        # select, because epoll and kqueue refuse some terminals.
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                waits = parser._timeout_time is not None  # noqa: SLF001
                for key, _ in selector.select(ESCAPE_WAIT if waits else None):
                    if key.fd != self.fileno:
                        continue
                    data = os.read(self.fileno, KEY_BYTES)
                    if not data:  # hung up: the signal for it is on its way
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _run_input_thread(self) -> None:
        """Read keys until the end. A terminal that is gone ends it quietly: a hang-up will come.

        Any other error is a bug, and left to the app's handling of crashes.
        """
        try:
            self.run_input_thread()
        except OSError:
            pass
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)  # noqa: SLF001
