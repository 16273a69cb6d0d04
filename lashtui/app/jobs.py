"""Job control: stop our own process as ctrl+z does, and come back by `fg`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def stop_group() -> None:
    """Ask our whole process group to stop, as a terminal does for ctrl+z.

    A wrapper that kept running would hide the stop from the shell.
    """
    os.kill(0, signal.SIGTSTP)


def stop_until_foreground(fileno: int, is_ending: Callable[[], bool]) -> None:
    """Stop; returns once we have the terminal again, or are to end.

    Stops by SIGTSTP's default action, which the system skips if no shell could continue us. After
    `bg` a full-screen program stops again.
    """
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)
    while not is_foreground(fileno) and not is_ending():
        os.kill(os.getpid(), signal.SIGSTOP)


def is_foreground(fileno: int) -> bool:
    """Whether we may draw. A terminal that has gone away counts as ours."""
    try:
        return os.tcgetpgrp(fileno) == os.getpgrp()
    except OSError:
        return True
