"""A shell's job: stopping our own process as ctrl+z does it, and coming back by `fg`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def stop_group() -> None:
    """Ask everybody in our process group to stop, as a terminal does for ctrl+z.

    A wrapper that goes on running would keep the shell from noticing.
    """
    os.kill(0, signal.SIGTSTP)


def stop_until_foreground(fileno: int, is_ending: Callable[[], bool]) -> None:
    """Stop; returns once we have the terminal again, or are to end.

    By SIGTSTP's own action, which the system leaves out where no shell could bring us back. `bg`
    can't have a program of the whole screen go on: it stops again.
    """
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)
    while not is_foreground(fileno) and not is_ending():
        os.kill(os.getpid(), signal.SIGSTOP)


def is_foreground(fileno: int) -> bool:
    """Whether the terminal is ours to draw on. One that is gone is: nobody minds."""
    try:
        return os.tcgetpgrp(fileno) == os.getpgrp()
    except OSError:
        return True
