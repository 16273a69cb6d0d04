"""A command that runs in our place: our signals are forwarded to it, its end wakes the poll loop.

The owner polls `Child.wakeup` along with its own descriptors, calls `clear_wakeup()` when it is
readable and `reap()` after each pass.
"""

from __future__ import annotations

import os
import signal
from types import MappingProxyType
from typing import TYPE_CHECKING

from lashtui.process.leader import Led, next_report, spawn_led
from lashtui.process.spawn import close_quietly, is_in_foreground, spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType
    from typing import Any

DRAIN_WAIT = 0.2
"""Seconds without output after which a command that has exited is done, even though something it
left in the background still holds its output open."""

_FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NO_HANDLERS: Mapping[int, Callable[[], None]] = MappingProxyType({})


class Child:
    """One child process, started on construction. Signals that we ignore are not forwarded."""

    def __init__(
        self,
        command: Sequence[str],
        targets: dict[int, int],
        *,
        terminal: int = -1,
        on_signal: Mapping[int, Callable[[], None]] = _NO_HANDLERS,
    ) -> None:
        """Start `command`.

        Args:
            command: the program and its arguments, found as a shell finds it.
            targets: its descriptors and which of ours each one is; ours are closed here.
            terminal: a descriptor that becomes its controlling terminal, in a new session. Without
                one it stays in our process group.
            on_signal: our own reactions to further signals, which are not forwarded.

        Raises:
            CommandError: it does not exist or can't be executed.
        """
        self.interrupted = False
        """A signal that ends processes reached us: forwarded, or sent by the terminal to both."""
        self.stopped_by = 0
        """The signal that stopped it; 0 while it runs."""
        self._status: int | None = None
        self._on_signal = on_signal
        self._led: Led | None = None
        self._handlers: dict[int, Any] = {}
        self._old_wakeup = -1
        self.wakeup, self._wakeup_in = os.pipe()
        """`wakeup` becomes readable when a signal has arrived."""
        os.set_blocking(self.wakeup, False)
        os.set_blocking(self._wakeup_in, False)
        # A signal between the fork and the handlers would end us and leave the command running.
        caught = (*_FORWARDED, signal.SIGCHLD, *on_signal)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, caught)
        try:
            if terminal < 0:
                self._pid = spawn(list(command), targets, mask)
            else:
                self._led = spawn_led(
                    list(command), targets, mask, terminal=terminal, wakeup=self._wakeup_in
                )
                self._pid = self._led.pid
            self._catch_signals()
            # Another thread may have received its SIGCHLD before there was a handler.
            self.reap()
        except BaseException:
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    @property
    def pid(self) -> int:
        """The command's process."""
        return self._pid

    @property
    def has_exited(self) -> bool:
        """Its exit status has been collected; its output may still hold more."""
        return self._status is not None

    @property
    def exit_code(self) -> int:
        """Its exit code, 128 + n if signal n killed it. Only after `has_exited`."""
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        return code if code >= 0 else 128 - code

    def clear_wakeup(self) -> None:
        """Make `wakeup` unreadable until the next signal."""
        try:
            os.read(self.wakeup, 512)
        except BlockingIOError:
            pass

    def reap(self) -> None:
        """Find out whether it has exited, stopped or been continued; never waits."""
        while self._status is None:
            if self._led is not None:
                report = next_report(self._led)
                if report is None:
                    return
                self._status, self.stopped_by = report.status, report.stopped or 0
                continue
            try:
                pid, status = os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            except ChildProcessError:  # we are in a signal handler, within another `reap`
                return
            if not pid:
                return
            if os.WIFSTOPPED(status):
                self.stopped_by = os.WSTOPSIG(status)
            elif os.WIFCONTINUED(status):
                self.stopped_by = 0
            else:
                self._status = status

    def stop(self) -> None:
        """We were sent SIGTSTP: it is for the command, which may handle it."""
        if self._led is not None or not is_in_foreground():
            self._kill(signal.SIGTSTP)

    def stop_for_output(self) -> None:
        """In the background, it does to its terminal what it must not do to ours."""
        if not self.stopped_by:
            self._kill(signal.SIGTTOU)

    def resume(self) -> None:
        """We were continued: so is the command, unless whoever did it has continued both."""
        if self._led is None:
            self.reap()
            if not self.stopped_by:
                return
        self.stopped_by = 0
        self._kill(signal.SIGCONT)

    def _kill(self, number: int) -> None:
        """To the command, and to its process group where it has one of its own."""
        if self._status is not None:
            return
        try:
            if self._led is not None:
                os.killpg(self._pid, number)
            else:
                os.kill(self._pid, number)
        except ProcessLookupError:
            pass

    def close(self) -> None:
        """Restore the signal handlers. A child that is still running is left alone."""
        if self._handlers:
            signal.set_wakeup_fd(self._old_wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._close_wakeup()
        if self._led is not None:
            close_quietly(self._led.reports)
            self._led = None

    def disown(self) -> None:
        """After a fork, in our own child: forward nothing, and let no such signal end us."""
        signal.set_wakeup_fd(-1)
        for number in _FORWARDED:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._close_wakeup()

    def _close_wakeup(self) -> None:
        close_quietly(self.wakeup)
        close_quietly(self._wakeup_in)
        self.wakeup = self._wakeup_in = -1

    def _catch_signals(self) -> None:
        for number in _FORWARDED:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._forward)
        for own in {signal.SIGCHLD, *self._on_signal}:
            if own == signal.SIGTSTP and signal.getsignal(own) == signal.SIG_IGN:
                continue
            self._handlers[own] = signal.signal(own, self._react)
        self._old_wakeup = signal.set_wakeup_fd(self._wakeup_in, warn_on_full_buffer=False)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        if self._status is not None:
            return
        self.interrupted = self.interrupted or number in _ENDING
        from_terminal = number in (signal.SIGINT, signal.SIGQUIT)
        if from_terminal and self._led is None and is_in_foreground():
            return  # the terminal sent it to the whole foreground group, which includes the child
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            pass

    def _react(self, number: int, frame: FrameType | None) -> None:
        react = self._on_signal.get(number)
        if react is not None:
            react()
