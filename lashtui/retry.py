"""The agent's own retry, told from the event's time: a replayed one never counts again. Pure."""

from __future__ import annotations

from math import ceil

from lashd.session.view import ReadView
from lashtui.words import duration, is_span

TOLD_FOR = 120.0
"""Seconds after it was due that a retry is still told; then something else is the matter."""


def retry_words(view: ReadView, now_ms: int) -> str:
    """`retry 2 of 5 in 8 s`, later `retry 2 of 5 · due 40 s ago`; empty where none is awaited.

    It stands until the agent goes on: any later entry ends it.
    """
    entry = view.entries[-1] if view.entries else None
    if entry is None or entry.kind != "retry" or view.state != "running":
        return ""
    details = entry.output if isinstance(entry.output, dict) else {}
    wait, at = details.get("wait_seconds"), entry.started_at
    if not isinstance(wait, int | float) or not is_span(wait) or at is None:
        return ""
    left = at / 1000 + wait - now_ms / 1000
    if left < -TOLD_FOR:
        return ""
    attempt, most = details.get("attempt"), details.get("max_attempts")
    words = "retry" + (f" {attempt}" if isinstance(attempt, int) and attempt else "")
    if isinstance(most, int) and words != "retry":
        words += f" of {most}"
    if left > 0:
        return f"{words} in {ceil(left)} s"
    return f"{words} · due {'now' if left > -1 else f'{duration(-left)} ago'}"
