"""Which process has a socket's lock, whether it is reachable or not."""

from __future__ import annotations

import fcntl
import os

from lashd.paths import lock_path

NOTICED_WITHIN = 5.0
"""Seconds within which a daemon notices that its socket or lock is gone, at the latest."""


def lock_holder(path: str) -> int | None:
    """The pid of the daemon of the socket `path`; None if no process has its lock.

    A daemon whose socket was deleted has it still, and listens again within `NOTICED_WITHIN`. If
    the lock was deleted as well, nobody can tell.
    """
    try:
        lock = os.open(lock_path(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # Held for a moment at most: a daemon that is being started tries more than once.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip()
        return int(owner) if owner.isdigit() else None
    except OSError:
        return None
    finally:
        os.close(lock)
    return None
