"""Whether a process is there."""

from __future__ import annotations

import os


def is_alive(number: int, *, is_own: bool = False) -> bool:
    """Whether a process has this number, of any user or, with `is_own`, of this one.

    A number that none can have, in a file that lies, is one of none. 0 and below would name groups
    of processes.
    """
    if number <= 0:
        return False
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return not is_own
    return True
