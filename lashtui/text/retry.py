"""The agent's own retry. It is counted from the event's time: replaying it starts no new countdown.

Pure: the time is passed in.
"""

from __future__ import annotations

from math import ceil

from lashd.gist import retry_attempts
from lashtui.text.duration import duration_long

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lashd.view import ReadView


def attempt_words(details: Any) -> str:
    """`retry 1 of 3` of a retry's details, as far as the agent reported them."""
    return _words(*retry_attempts(details))


def _words(attempt: int | None, most: int | None) -> str:
    if not attempt:
        return "retry"
    return f"retry {attempt} of {most}" if most else f"retry {attempt}"


def retry_words(view: ReadView, now_ms: int) -> str:
    """`retry 2 of 5 in 8 s`, later `retry 2 of 5 · overdue 9 min`; empty if none is pending.

    It is shown until the agent continues, however late: any later entry ends it.
    """
    from lashd.view import pending_retry  # late: commands have no view

    retry = pending_retry(view)
    if retry is None or retry.due_at is None:
        return ""
    left = (retry.due_at - now_ms) / 1000
    words = _words(retry.attempt, retry.max_attempts)
    if left > 0:
        return f"{words} in {ceil(left)} s"
    return f"{words} · {'due now' if left > -1 else f'overdue {duration_long(-left)}'}"
