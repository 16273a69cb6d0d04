"""The agent's own retry. It is counted from the event's time: replaying it starts no new countdown.

Pure: the time is passed in.
"""

from __future__ import annotations

from math import ceil

from lashtui.text.duration import duration_long, is_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lashd.view import ReadView

SHOWN_FOR = 120.0
"""Seconds after it was due that a retry is still shown; then something else must be wrong."""


def attempt_words(details: Any) -> str:
    """`retry 1 of 3` of a retry's details, as far as the agent reported them."""
    attempt, most = _numbers(details, "attempt", "max_attempts")
    if not attempt:
        return "retry"
    return f"retry {attempt} of {most}" if most else f"retry {attempt}"


def wait_of(details: Any) -> float | None:
    """Seconds until a retry; None if the agent did not report them, or not as a duration."""
    wait = details.get("wait_seconds") if isinstance(details, dict) else None
    return wait if isinstance(wait, int | float) and is_duration(wait) else None


def _numbers(details: Any, *keys: str) -> list[int]:
    found = [details.get(key) if isinstance(details, dict) else None for key in keys]
    return [number if isinstance(number, int) else 0 for number in found]


def retry_words(view: ReadView, now_ms: int) -> str:
    """`retry 2 of 5 in 8 s`, later `retry 2 of 5 · due 40 s ago`; empty if none is pending.

    It is shown until the agent continues: any later entry ends it.
    """
    entry = view.entries[-1] if view.entries else None
    if entry is None or entry.kind != "retry" or view.state != "running":
        return ""
    wait, at = wait_of(entry.output), entry.started_at
    if wait is None or at is None:
        return ""
    left = at / 1000 + wait - now_ms / 1000
    if left < -SHOWN_FOR:
        return ""
    words = attempt_words(entry.output)
    if left > 0:
        return f"{words} in {ceil(left)} s"
    return f"{words} · due {'now' if left > -1 else f'{duration_long(-left)} ago'}"
