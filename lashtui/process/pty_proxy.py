"""A command between us and its terminal or pipes: its output passes through, unchanged, and is
handed out as well.

With a pseudo-terminal the command has a session and window size of its own, our terminal is raw
while it is in front, and is put back on any way out. With pipes stdout and stderr stay apart, and
stdin is ours. Signals to us go to the command; its exit code is handed back.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import struct
import termios
import tty
from typing import TYPE_CHECKING

from lashtui.process.spawn import close_quietly as _close
from lashtui.process.spawn import is_in_front, spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, TracebackType
    from typing import Any, Self

READ_BYTES = 64 * 1024

DRAIN_WAIT = 0.2
"""Seconds without output after which a command that has exited is done, although something that it
left in the background still holds its output open."""
DRAIN_BYTES = 1024 * 1024
"""Bytes taken after its exit: all that pipes hold, and an end where the background never stops."""

DEFAULT_SIZE = struct.pack("4H", 24, 80, 0, 0)
"""Rows and columns where we have no terminal ourselves."""

_END_OF_FILE = b"\x04"
_FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OWN = (signal.SIGCHLD, signal.SIGWINCH, signal.SIGCONT)


class Proxy:
    """One command, started on construction.

    Use as a context manager: leaving it puts the terminal and the signals back.
    """

    def __init__(self, command: Sequence[str], *, pty: bool, shows: bool = True) -> None:
        """Start `command`. `shows` False: its stdout is handed out only, not passed on.

        Raises:
            CommandError: it is not there or can't be executed.
        """
        self._stdin_is_terminal = os.isatty(0)
        self._shown = 1 if shows else -1
        """Where its stdout goes."""
        self.interrupted = False
        """A signal to end was passed on to it, or came to both of us from the terminal."""
        self._outputs: dict[int, tuple[int, str]] = {}
        """Where each descriptor that is read goes: (our descriptor, `out` or `err`)."""
        self._master = -1
        self._to_command = b""
        self._saved: list[Any] | None = None
        self._handlers: dict[int, Any] = {}
        self._status: int | None = None
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._old_wakeup = -1
        # Nothing may arrive between the fork and the handlers: it would end us and not the command.
        old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, (*_FORWARDED, *_OWN))
        try:
            self._pid = self._start(list(command), pty, old_mask)
            self._catch_signals()
            if pty:
                self._take_terminal()
        except BaseException:
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_raw(self) -> bool:
        """Our terminal is the command's for now."""
        return self._saved is not None

    def close(self) -> None:
        """Put terminal and signals back; the command, should it still run, is left alone."""
        self._give_terminal_back()
        if self._handlers:
            signal.set_wakeup_fd(self._old_wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        for descriptor in (*self._outputs, self._wake_in, self._wake_out):
            _close(descriptor)
        self._outputs.clear()
        self._wake_in = self._wake_out = -1

    def run(self, take: Callable[[bytes, str], None], tick: Callable[[], float | None]) -> int:
        """Pass everything on until the command has ended; its exit code (128 + n for signal n).

        `take` gets the output after it was shown; `tick` is called after each step and says how
        many seconds later it wants to be called again.
        """
        left = DRAIN_BYTES
        while self._outputs or self._status is None:
            wait = tick()
            has_exited = self._status is not None
            ready = self._wait(DRAIN_WAIT if has_exited else wait)
            if has_exited and (not ready or left <= 0):
                break
            for descriptor in ready:
                count = self._pass_on(descriptor, take)
                left -= count if has_exited else 0
            self._reap()
        self._give_terminal_back()
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        return code if code >= 0 else 128 - code

    # -- the command -----------------------------------------------------------------------------

    def _start(self, command: list[str], pty: bool, mask: set[int | signal.Signals]) -> int:
        if pty:
            self._master, slave = os.openpty()
            self._outputs[self._master] = (self._shown, "out")
            self._set_size(self._master)
            if self._stdin_is_terminal:
                _copy_modes(0, slave)
            else:
                _leave_line_ends(slave)  # our terminal is not raw then and makes them itself
            targets = {1: slave, 2: slave}
            if self._stdin_is_terminal:
                targets[0] = slave
        else:
            slave = -1
            out_in, out_out = os.pipe()
            self._outputs[out_in] = (self._shown, "out")
            targets = {1: out_out, 2: out_out}
            if not _is_same_file(1, 2):  # where they are one, one pipe keeps their order
                err_in, targets[2] = os.pipe()
                self._outputs[err_in] = (2, "err")
        pid = spawn(command, targets, mask, terminal=slave)
        if self._master >= 0:
            os.set_blocking(self._master, False)
        return pid

    def _reap(self) -> None:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status

    # -- passing on ------------------------------------------------------------------------------

    def _wait(self, seconds: float | None) -> list[int]:
        """The descriptors that have something to read, after at most `seconds`."""
        poll = select.poll()
        poll.register(self._wake_in, select.POLLIN)
        for descriptor in self._outputs:
            wanted = select.POLLIN
            if descriptor == self._master and self._to_command:
                wanted |= select.POLLOUT
            poll.register(descriptor, wanted)
        if self.is_raw and not self._to_command:
            poll.register(0, select.POLLIN)
        found = dict(poll.poll(None if seconds is None else seconds * 1000))
        if found.pop(self._wake_in, 0):
            try:
                os.read(self._wake_in, 512)
            except BlockingIOError:
                pass
        if found.pop(0, 0):
            self._take_input()
        if found.get(self._master, 0) & select.POLLOUT:
            self._give_input()
        return [descriptor for descriptor, event in found.items() if event & ~select.POLLOUT]

    def _pass_on(self, descriptor: int, take: Callable[[bytes, str], None]) -> int:
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EIO:  # Linux: nobody holds the other side any more
                raise
            data = b""
        target, source = self._outputs[descriptor]
        if not data:
            del self._outputs[descriptor]
            _close(descriptor)
            if descriptor == self._master:
                self._master = -1
            return 0
        if target >= 0 and not _write_all(target, data):
            # Nobody reads our output any more; those who watch the session still do.
            self._outputs[descriptor] = (-1, source)
        take(data, source)
        return len(data)

    def _take_input(self) -> None:
        try:
            data = os.read(0, 4096)
        except OSError:
            data = b""
        if self._master < 0:
            return
        self._to_command = data or _END_OF_FILE
        if not data:
            self._give_terminal_back()
        self._give_input()

    def _give_input(self) -> None:
        try:
            self._to_command = self._to_command[os.write(self._master, self._to_command) :]
        except BlockingIOError:
            pass
        except OSError:
            self._to_command = b""

    # -- signals ---------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        for number in _FORWARDED:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._forward)
        for number in _OWN:
            self._handlers[number] = signal.signal(number, self._on_own)
        self._old_wakeup = signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        if self._status is not None:
            return
        self.interrupted = self.interrupted or number in _ENDING
        from_terminal = number in (signal.SIGINT, signal.SIGQUIT)
        if from_terminal and self._master < 0 and is_in_front():
            return  # the terminal sent it to the command as well, which is in our group
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            pass

    def _on_own(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGWINCH and self._master >= 0:
            self._set_size(self._master)
        elif number == signal.SIGCONT and self._master >= 0:
            self._take_terminal()  # the shell has set its own modes in the meantime

    # -- our terminal ----------------------------------------------------------------------------

    def _set_size(self, descriptor: int) -> None:
        size = DEFAULT_SIZE
        for ours in (1, 0, 2):
            try:
                size = fcntl.ioctl(ours, termios.TIOCGWINSZ, DEFAULT_SIZE)
                break
            except OSError:
                continue
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)

    def _take_terminal(self) -> None:
        """Raw mode, so that each key reaches the command; not from the background."""
        if not self._stdin_is_terminal or not is_in_front():
            return
        try:
            saved = self._saved or termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        except termios.error:
            return
        self._saved = saved

    def _give_terminal_back(self) -> None:
        saved, self._saved = self._saved, None
        if saved is not None:
            try:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)
            except termios.error:
                pass  # it is gone


def _copy_modes(source: int, target: int) -> None:
    try:
        termios.tcsetattr(target, termios.TCSANOW, termios.tcgetattr(source))
    except termios.error:
        pass


def _leave_line_ends(terminal: int) -> None:
    modes = termios.tcgetattr(terminal)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(terminal, termios.TCSANOW, modes)


def _is_same_file(one: int, other: int) -> bool:
    try:
        a, b = os.fstat(one), os.fstat(other)
    except OSError:
        return False
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def _write_all(descriptor: int, data: bytes) -> bool:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError:
            return False
    return True
