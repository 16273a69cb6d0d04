"""When things happened: their source's times, except those that can't be.

Nothing has happened in the future, so a time there is a wrong clock's.
"""

from __future__ import annotations


def event_time(at: int | None, now: int) -> int:
    """When an event happened: `at` where its source gave a time up to `now`, else now."""
    return at if at is not None and 0 <= at <= now else now


def not_after(now: int, at: int | None) -> int | None:
    """`at`; now where that lies in the future."""
    return None if at is None else min(at, now)
