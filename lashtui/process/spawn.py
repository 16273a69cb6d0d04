"""Fork and exec of a command with given descriptors; a failed exec is reported as an error."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import termios
from typing import TYPE_CHECKING

from lashtui.diagnostics import CommandError
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn


def spawn(
    command: list[str],
    targets: dict[int, int],
    mask: Iterable[int | signal.Signals],
    *,
    terminal: int = -1,
) -> int:
    """Start `command`; its process id.

    Args:
        command: the program and its arguments, found as a shell finds it.
        targets: its descriptors and which of ours each one is; ours are closed here.
        mask: the signals it starts with blocked.
        terminal: a descriptor that becomes its controlling terminal, in a new session.

    Raises:
        CommandError: it does not exist or can't be executed.
    """
    report_in, report_out = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(command, targets, terminal, report_out, mask)
    for descriptor in {report_out, *targets.values()}:
        os.close(descriptor)
    with open(report_in, "rb") as report:
        failure = report.read()
    if failure:
        os.waitpid(pid, 0)
        raise _cannot_run(command[0], int(failure))
    return pid


def is_in_foreground() -> bool:
    """Whether we are in the foreground process group of our controlling terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def close_quietly(descriptor: int) -> None:
    """Close a descriptor; negative and closed ones are ignored."""
    if descriptor >= 0:
        try:
            os.close(descriptor)
        except OSError:
            pass


def _become(
    command: list[str],
    targets: dict[int, int],
    terminal: int,
    report: int,
    mask: Iterable[int | signal.Signals],
) -> NoReturn:
    """In the child: become the command, or report why not."""
    try:
        if terminal >= 0:
            os.setsid()
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for target, source in targets.items():
            os.dup2(source, target)
        # Python ignores these two; a command that inherited that would survive a closed pipe.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(report, str(error.errno).encode())
    finally:
        os._exit(int(ExitCode.NOT_FOUND))


def _cannot_run(name: str, number: int) -> CommandError:
    if number in (errno.ENOENT, errno.ENOTDIR):
        return CommandError(ExitCode.NOT_FOUND, f"{name}: command not found")
    return CommandError(ExitCode.NOT_EXECUTABLE, f"{name}: {os.strerror(number)}")
