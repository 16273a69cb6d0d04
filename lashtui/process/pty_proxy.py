"""A command between us and its terminal or pipes: its output passes through unchanged and is handed
to a callback as well.

With a pseudo-terminal the command gets a session and a window size of its own; our terminal is raw
while we are in the foreground and is restored on every way out. With pipes, stdout and stderr stay
apart and stdin is ours. Signals to us are forwarded; its exit code is returned. When it stops, so
do we, so that the shell sees the job as it would without us; when we are continued, so is it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import struct
import termios
import time
import tty
from typing import TYPE_CHECKING

from lashtui.process.child import DRAIN_WAIT, Child
from lashtui.process.spawn import close_quietly, is_in_foreground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any, Self

READ_BYTES = 64 * 1024

DRAIN_BYTES = 1024 * 1024
"""Bytes read after the command's exit: all that pipes hold, and a bound where something it left in
the background never stops writing."""

DEFAULT_SIZE = struct.pack("4H", 24, 80, 0, 0)
"""Rows and columns where we have no terminal ourselves."""

ASK_EVERY = 0.25
"""Seconds between two checks, in the background, of whether we are in the foreground again: a shell
that brings a running job there sends no signal."""

SETTLE = 0.02
"""Seconds for the kernel to hand on what a command wrote before it stopped."""

STOP_WITHIN = 0.2
"""Seconds for a signal that we send ourselves to stop us."""

_END_OF_FILE = b"\x04"


class Proxy:
    """One command, started on construction.

    Use as a context manager: leaving it restores the terminal and the signal handlers.
    """

    def __init__(
        self, command: Sequence[str], *, pty: bool, echo: bool = True, apart: bool = False
    ) -> None:
        """Start `command`.

        Args:
            command: the program and its arguments, found as a shell finds it.
            pty: it gets a pseudo-terminal, rather than pipes.
            echo: its stdout goes to ours, and not to the callback only.
            apart: its stdout and stderr are told apart even where ours are the same file, at the
                price of their order.

        Raises:
            CommandError: it does not exist or can't be executed.
        """
        self._stdin_is_terminal = os.isatty(0)
        self._stdout = 1 if echo else -1
        """Where its stdout goes."""
        self._outputs: dict[int, tuple[int, str]] = {}
        """Where each descriptor that is read goes: (our descriptor, `out` or `err`)."""
        self._master = -1
        self._to_command = b""
        self._on_input: Callable[[bytes], None] = lambda data: None
        self._saved: list[Any] | None = None
        self._modes_behind: list[Any] | None = None
        """The modes of the command's terminal when we last were in the background."""
        self._was_continued = False
        self._can_suspend = False
        """The command's state may be acted on: it is set up, and we are not stopping already."""
        try:
            self._child = self._start(command, pty=pty, apart=apart)
        except BaseException:
            self._close_outputs()
            raise
        if pty:
            os.set_blocking(self._master, False)
            self._acquire_terminal()
        self._can_suspend = True

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
    def pid(self) -> int:
        """The command's process."""
        return self._child.pid

    @property
    def is_raw(self) -> bool:
        """Our terminal currently belongs to the command."""
        return self._saved is not None

    @property
    def interrupted(self) -> bool:
        """A signal to end was forwarded to it, or the terminal sent it to both of us."""
        return self._child.interrupted

    def close(self) -> None:
        """Restore terminal and signal handlers; a command that is still running is left alone."""
        self._release_terminal()
        self._child.close()
        self._close_outputs()

    def run(
        self,
        on_output: Callable[[bytes, str], None],
        tick: Callable[[], float | None],
        on_input: Callable[[bytes], None] = lambda data: None,
    ) -> int:
        """Pass everything on until the command has ended; its exit code (128 + n for signal n).

        Args:
            on_output: gets each piece of output and its source (`out`, `err`) after it was written.
            tick: called before each wait; returns the seconds until its next call is due.
            on_input: gets what is typed at our terminal, before the command does.
        """
        self._on_input = on_input
        child = self._child
        left = DRAIN_BYTES
        while self._outputs or not child.has_exited:
            if child.stopped_by:
                self._suspend(on_output)
            wait = tick()
            has_exited = child.has_exited
            ready = self._wait(DRAIN_WAIT if has_exited else self._until_asked(wait))
            if has_exited and (not ready or left <= 0):
                break
            for descriptor in ready:
                count = self._pass_on(descriptor, on_output)
                left -= count if has_exited else 0
            child.reap()
        self._release_terminal()
        return child.exit_code

    # -- the command -----------------------------------------------------------------------------

    def _start(self, command: Sequence[str], *, pty: bool, apart: bool) -> Child:
        if pty:
            self._master, slave = os.openpty()
            self._outputs[self._master] = (self._stdout, "out")
            self._resize()
            if self._stdin_is_terminal and is_in_foreground():
                _copy_modes(0, slave)
            elif self._stdin_is_terminal:  # ours has the modes of the shell's line editor
                self._modes_behind = termios.tcgetattr(slave)
            else:
                _disable_output_processing(slave)  # ours is not raw then and processes it itself
            targets = {1: slave, 2: slave}
            if self._stdin_is_terminal:
                targets[0] = slave
            own: dict[int, Callable[[], None]] = {
                signal.SIGWINCH: self._resize,
                signal.SIGCONT: self._continue,
                signal.SIGTSTP: self._forward_stop,
            }
            return Child(command, targets, terminal=slave, on_signal=own)
        out_in, out_out = os.pipe()
        self._outputs[out_in] = (self._stdout, "out")
        targets = {1: out_out, 2: out_out}
        if apart or not _is_same_file(1, 2):  # one pipe for one file keeps the order
            err_in, targets[2] = os.pipe()
            self._outputs[err_in] = (2, "err")
        own = {
            signal.SIGCONT: self._continue,
            signal.SIGTSTP: self._forward_stop,
            signal.SIGCHLD: self._suspend_at_once,
        }
        return Child(command, targets, on_signal=own)

    def _close_outputs(self) -> None:
        for descriptor in self._outputs:
            close_quietly(descriptor)
        self._outputs.clear()

    # -- stopping and continuing -------------------------------------------------------------------

    def _suspend(self, on_output: Callable[[bytes, str], None]) -> None:
        """The command has stopped: show what it last said, give the terminal back, and stop."""
        left = DRAIN_BYTES
        while left > 0 and self._master >= 0 and not self._is_held():
            if not select.select([self._master], [], [], SETTLE)[0]:
                break
            left -= self._pass_on(self._master, on_output) or 1
        self._suspend_at_once()

    def _suspend_at_once(self) -> None:
        """Stop as the command did. With pipes even amid a write, whose reader has stopped too."""
        if not self._can_suspend:
            return
        child = self._child
        child.reap()
        if not child.stopped_by:
            return
        self._can_suspend = False
        number = signal.SIGSTOP if child.stopped_by == signal.SIGSTOP else child.stopped_by
        # A key that our terminal would have turned into a signal for the whole job has become one
        # for the command alone.
        whole_job = self._master >= 0 and (self.is_raw or number == signal.SIGTTOU)
        whole_job = whole_job and number != signal.SIGSTOP
        self._release_terminal()
        handler = signal.getsignal(number)
        if number != signal.SIGSTOP:
            signal.signal(number, signal.SIG_DFL)
        self._was_continued = False
        os.kill(0 if whole_job else os.getpid(), number)
        # Any thread may take the signal, so we may stop only later. Not at all if nobody could
        # continue our process group: then the kernel ignores the signal.
        deadline = time.monotonic() + STOP_WITHIN
        while not self._was_continued and time.monotonic() < deadline:
            time.sleep(STOP_WITHIN / 20)
        if number != signal.SIGSTOP:
            signal.signal(number, handler)
        if child.stopped_by:
            self._continue()
        self._can_suspend = True

    def _forward_stop(self) -> None:
        if self._can_suspend:
            self._child.stop()

    def _continue(self) -> None:
        """We have been continued, perhaps in the background; meanwhile the shell has set its own
        modes, and the window may have another size.
        """
        self._was_continued = True
        if self._master >= 0:
            self._acquire_terminal()
            if self._stdin_is_terminal and not self.is_raw:
                self._modes_behind = termios.tcgetattr(self._master)
            self._resize()
        self._child.resume()

    def _until_asked(self, wait: float | None) -> float | None:
        """The time to wait, if the foreground has to be asked for; if it is ours, take it."""
        if self._modes_behind is None:
            return wait
        if is_in_foreground():
            self._acquire_terminal()
            return wait
        return ASK_EVERY if wait is None else min(wait, ASK_EVERY)

    def _is_held(self) -> bool:
        """In the background, the command has changed its terminal's modes, as full-screen programs
        do before they draw. On our terminal that would have stopped it, so that is what happens;
        its output waits.
        """
        behind = self._modes_behind
        if behind is None or self._master < 0 or termios.tcgetattr(self._master) == behind:
            return False
        self._child.stop_for_output()
        return True

    def _may_draw(self) -> None:
        """It ignored that, and is free to."""
        if self._master >= 0:
            self._modes_behind = termios.tcgetattr(self._master)

    # -- passing on ------------------------------------------------------------------------------

    def _wait(self, seconds: float | None) -> list[int]:
        """The descriptors that have something to read, after at most `seconds`."""
        poll = select.poll()
        poll.register(self._child.wakeup, select.POLLIN)
        is_held = self._is_held()
        for descriptor in self._outputs:
            wanted = 0 if is_held else select.POLLIN
            if descriptor == self._master and self._to_command:
                wanted |= select.POLLOUT
            poll.register(descriptor, wanted)
        if self.is_raw and not self._to_command:
            poll.register(0, select.POLLIN)
        if is_held:
            seconds = ASK_EVERY
        found = dict(poll.poll(None if seconds is None else seconds * 1000))
        if is_held and not found:
            self._may_draw()
        if found.pop(self._child.wakeup, 0):
            self._child.clear_wakeup()
        if found.pop(0, 0):
            self._read_input()
        if found.get(self._master, 0) & select.POLLOUT:
            self._write_input()
        ready = [descriptor for descriptor, event in found.items() if event & ~select.POLLOUT]
        if self._master in ready and self._is_held():  # asked again: it wrote after the change
            ready.remove(self._master)
        return ready

    def _pass_on(self, descriptor: int, on_output: Callable[[bytes, str], None]) -> int:
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EIO:  # Linux: the other side is closed
                raise
            data = b""
        target, source = self._outputs[descriptor]
        if not data:
            del self._outputs[descriptor]
            close_quietly(descriptor)
            if descriptor == self._master:
                self._master = -1
            return 0
        if target >= 0 and not _write_all(target, data):
            # Our own output was closed; the session still gets all of it.
            self._outputs[descriptor] = (-1, source)
        on_output(data, source)
        return len(data)

    def _read_input(self) -> None:
        try:
            data = os.read(0, 4096)
        except OSError:
            data = b""
        if self._master < 0:
            return
        self._on_input(data)
        self._to_command = data or _END_OF_FILE
        if not data:
            self._release_terminal()
        self._write_input()

    def _write_input(self) -> None:
        try:
            self._to_command = self._to_command[os.write(self._master, self._to_command) :]
        except BlockingIOError:
            pass
        except OSError:
            self._to_command = b""

    # -- our terminal ----------------------------------------------------------------------------

    def _resize(self) -> None:
        """Give the command's terminal the size of ours."""
        if self._master < 0:
            return
        size = DEFAULT_SIZE
        for ours in (1, 0, 2):
            try:
                size = fcntl.ioctl(ours, termios.TIOCGWINSZ, DEFAULT_SIZE)
                break
            except OSError:
                continue
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _acquire_terminal(self) -> None:
        """Raw mode, so that each key reaches the command; not while we are in the background."""
        if not self._stdin_is_terminal or self._master < 0 or not is_in_foreground():
            return
        self._modes_behind = None
        try:
            saved = self._saved or termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        except termios.error:
            return
        self._saved = saved

    def _release_terminal(self) -> None:
        saved, self._saved = self._saved, None
        if saved is not None:
            try:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)
            except termios.error:
                pass  # the terminal has gone away


def _copy_modes(source: int, target: int) -> None:
    try:
        termios.tcsetattr(target, termios.TCSANOW, termios.tcgetattr(source))
    except termios.error:
        pass


def _disable_output_processing(terminal: int) -> None:
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
