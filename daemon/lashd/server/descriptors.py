"""How many descriptors the daemon may have open, and how many connections fit."""

from __future__ import annotations

import resource

RESERVE = 64
"""Descriptors for other things than connections: the listener, the lock, the log, the loop's own,
modules that are still to be imported, and clients that are accepted only to be refused."""


def connections_that_fit(wanted: int) -> int:
    """How many of the `wanted` connections there are descriptors for, at least 1.

    Raises the process's soft limit as far as that takes and the hard limit allows: it is 256 on
    macOS, and 1024 on most Linux systems.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if allowed > soft:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        except (OSError, ValueError):
            pass  # macOS has a limit of its own below an infinite hard one
    return max(1, min(wanted, soft - RESERVE))
