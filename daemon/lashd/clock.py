"""The clocks that everything else is given: one that never goes back, and the wall clock."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def pick_clock() -> Callable[[], float]:
    """A clock of seconds that never goes back and counts time asleep where the system can.

    After a laptop has slept for an hour, the events from before are an hour old: CLOCK_BOOTTIME
    counts that hour, CLOCK_MONOTONIC does not.
    """
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is not None:
        try:
            time.clock_gettime(boottime)
        except OSError:  # known to the C library, not to the kernel
            return time.monotonic
        return partial(time.clock_gettime, boottime)
    return time.monotonic


default_clock: Callable[[], float] = pick_clock()
"""Seconds since some fixed moment; for ages and deadlines, never for display."""


def now_ms() -> int:
    """Unix time in milliseconds; for display, never for ages."""
    return time.time_ns() // 1_000_000
