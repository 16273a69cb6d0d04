"""A process of ours that leads the session of a command's own terminal.

If the command led it, its process group would be orphaned: its parent would be outside of its
session, and the kernel then ignores Ctrl-Z. So a leader stands between. It starts the command in a
group of its own, reports to us when it stops and ends, and does nothing else.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
from typing import TYPE_CHECKING, NamedTuple

from lashtui.process.spawn import become, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

MAX_DESCRIPTOR = 65_536
"""The leader closes all descriptors below: more than a command is started with."""

_REPORT = struct.Struct(">ci")
_STARTED, _STOPPED, _ENDED = b"p", b"s", b"e"
"""Kinds of reports: the command's process id; the signal that stopped it; its wait status."""


class Led(NamedTuple):
    """A command under a leader."""

    pid: int
    leader: int
    """The leader's process id; a child of ours."""
    reports: int
    """A descriptor for `next_report`; never blocks."""


class Report(NamedTuple):
    """What became of the command: one of the two."""

    stopped: int | None = None
    """The signal that stopped it."""
    status: int | None = None
    """Its wait status: it has ended."""


def spawn_led(
    command: list[str],
    targets: dict[int, int],
    mask: Iterable[int | signal.Signals],
    *,
    terminal: int,
    wakeup: int,
) -> Led:
    """Start `command` under a leader.

    Args:
        command: the program and its arguments, found as a shell finds it.
        targets: its descriptors and which of ours each one is; ours are closed here.
        mask: the signals it starts with blocked.
        terminal: becomes the controlling terminal of the new session, with the command's process
            group in its foreground.
        wakeup: each report is announced by a byte written there; non-blocking.

    Raises:
        CommandError: it does not exist or can't be executed.
    """
    failure_in, failure_out = os.pipe()
    reports, report_to = os.pipe()
    leader = os.fork()
    if leader == 0:
        _lead(
            lambda: become(command, targets, failure_out, mask, terminal=terminal),
            terminal,
            report_to,
            wakeup,
        )
    for descriptor in {failure_out, report_to, *targets.values()}:
        os.close(descriptor)
    failure = failure_of(command[0], failure_in)
    started = os.read(reports, _REPORT.size)
    if failure is not None or len(started) < _REPORT.size:
        os.close(reports)
        os.waitpid(leader, 0)
        raise failure or ChildProcessError(f"{command[0]}: the session's leader was lost")
    os.set_blocking(reports, False)
    return Led(_REPORT.unpack(started)[1], leader, reports)


def next_report(led: Led) -> Report | None:
    """What the leader has reported since; None for nothing new."""
    try:
        data = os.read(led.reports, _REPORT.size)
    except BlockingIOError:
        return None
    if len(data) == _REPORT.size:
        kind, number = _REPORT.unpack(data)
        if kind == _STOPPED:
            return Report(stopped=number)
        os.waitpid(led.leader, 0)
        return Report(status=number)
    _, status = os.waitpid(led.leader, 0)  # it was killed: nobody knows how the command fares
    return Report(status=status)


def _lead(start: Callable[[], NoReturn], terminal: int, reports: int, wakeup: int) -> NoReturn:
    """In the leader: start the command and report on it until its end."""
    try:
        # Without the leader the terminal would be lost, so no signal ends it. That also lets the
        # command take the terminal's foreground before it runs.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        pid = os.fork()
        if pid == 0:
            start()
        # Whoever waits for the end of one of our pipes must not wait for the leader.
        _close_all_but(reports, wakeup)
        _report(_STARTED, pid, reports, wakeup)
        while True:
            _, status = os.waitpid(pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                _report(_ENDED, status, reports, wakeup)
                break
            _report(_STOPPED, os.WSTOPSIG(status), reports, wakeup)
    finally:
        os._exit(0)


def _report(kind: bytes, number: int, reports: int, wakeup: int) -> None:
    try:
        os.write(reports, _REPORT.pack(kind, number))
        os.write(wakeup, b"\0")
    except BlockingIOError:  # it is full of bytes that will wake us
        pass
    except OSError:  # we have gone; the command may go on
        pass


def _close_all_but(*kept: int) -> None:
    first = 0
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, MAX_DESCRIPTOR)
