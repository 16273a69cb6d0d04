"""The agent's own retry, told from the event's time: a replayed one never counts again. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from lashtui.text.format import duration, is_span

if TYPE_CHECKING:
    from lashd.view import ReadView

TOLD_FOR = 120.0
"""Seconds after it was due that a retry is still told; then something else is the matter."""


def attempt_words(details: Any) -> str:
    """`retry 1 of 3` of a retry's details, as far as the agent told them."""
    attempt, most = _numbers(details, "attempt", "max_attempts")
    if not attempt:
        return "retry"
    return f"retry {attempt} of {most}" if most else f"retry {attempt}"


def wait_of(details: Any) -> float | None:
    """Seconds that a retry waits; None where nobody told it, or no clock counts so far."""
    wait = details.get("wait_seconds") if isinstance(details, dict) else None
    return wait if isinstance(wait, int | float) and is_span(wait) else None


def _numbers(details: Any, *keys: str) -> list[int]:
    found = [details.get(key) if isinstance(details, dict) else None for key in keys]
    return [number if isinstance(number, int) else 0 for number in found]


def retry_words(view: ReadView, now_ms: int) -> str:
    """`retry 2 of 5 in 8 s`, later `retry 2 of 5 · due 40 s ago`; empty where none is awaited.

    It stands until the agent goes on: any later entry ends it.
    """
    entry = view.entries[-1] if view.entries else None
    if entry is None or entry.kind != "retry" or view.state != "running":
        return ""
    wait, at = wait_of(entry.output), entry.started_at
    if wait is None or at is None:
        return ""
    left = at / 1000 + wait - now_ms / 1000
    if left < -TOLD_FOR:
        return ""
    words = attempt_words(entry.output)
    if left > 0:
        return f"{words} in {ceil(left)} s"
    return f"{words} · due {'now' if left > -1 else f'{duration(-left)} ago'}"
