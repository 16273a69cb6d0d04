"""Fork and exec of a command with given descriptors; a failed exec is reported as an error."""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING

from lashtui.diagnostics import CommandError
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn


def spawn(command: list[str], targets: dict[int, int], mask: Iterable[int | signal.Signals]) -> int:
    """Start `command`; its process id.

    Args:
        command: the program and its arguments, found as a shell finds it.
        targets: its descriptors and which of ours each one is; ours are closed here.
        mask: the signals it starts with blocked.

    Raises:
        CommandError: it does not exist or can't be executed.
    """
    failure_in, failure_out = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(command, targets, failure_out, mask)
    for descriptor in {failure_out, *targets.values()}:
        os.close(descriptor)
    failure = failure_of(command[0], failure_in)
    if failure is not None:
        os.waitpid(pid, 0)
        raise failure
    return pid


def become(
    command: list[str],
    targets: dict[int, int],
    failure: int,
    mask: Iterable[int | signal.Signals],
    *,
    terminal: int = -1,
) -> NoReturn:
    """After a fork, in the child: become the command, or write to `failure` why not.

    Args:
        command: the program and its arguments.
        targets: as for `spawn`.
        failure: the descriptor that `failure_of` reads.
        mask: the signals that the command starts with blocked.
        terminal: the controlling terminal, if the command gets a process group of its own, in the
            terminal's foreground. SIGTTOU must be blocked.
    """
    try:
        if terminal >= 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(terminal, os.getpid())
        for target, source in targets.items():
            os.dup2(source, target)
        # Python ignores these two; a command that inherited that would survive a closed pipe.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(failure, str(error.errno).encode())
    finally:
        os._exit(int(ExitCode.NOT_FOUND))


def failure_of(name: str, failure: int) -> CommandError | None:
    """Why the command `name` could not be started; None once it runs. Closes `failure`."""
    with open(failure, "rb") as report:
        number = report.read()
    if not number:
        return None
    if int(number) in (errno.ENOENT, errno.ENOTDIR):
        return CommandError(ExitCode.NOT_FOUND, f"{name}: command not found")
    return CommandError(ExitCode.NOT_EXECUTABLE, f"{name}: {os.strerror(int(number))}")


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
