"""Times, sizes and states in the few characters that a status line has. Pure."""

from __future__ import annotations

import time
from typing import Any

STATE_MARKS = {
    "running": "●",
    "idle": "○",
    "waiting": "‼",
    "ended": "■",
}
"""A state is told by mark and word, never by colour alone."""

MAX_SECONDS = 100 * 365 * 24 * 3600
"""A century: an agent's numbers may be anything, infinite and no number too."""


def is_span(seconds: float) -> bool:
    """Whether it is a time that anything can have taken; no number is none."""
    return 0 <= seconds < MAX_SECONDS


PROCESS_MARKS = {"running": "●", "exited": "✓", "failed": "✗", "cancelled": "⊘"}


def duration(seconds: float) -> str:
    """`8 s`, `4 min`, `3 h 05`, `2 d`: never more than six characters."""
    whole = int(seconds) if is_span(seconds) else 0
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 24 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02}"
    return f"{whole // (24 * 3600)} d"


def stopwatch(seconds: float) -> str:
    """`8s`, `4:07`, `1:02:03`: for what runs, so that it can be seen to move."""
    whole = int(seconds) if is_span(seconds) else 0
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def time_span(from_ms: int | None, to_ms: int | None) -> str:
    """`14:02:10 to 14:03:55` of Unix milliseconds, local; empty where an end is not known."""
    if from_ms is None or to_ms is None:
        return ""
    try:
        begin, end = (
            time.strftime("%H:%M:%S", time.localtime(ms / 1000)) for ms in (from_ms, to_ms)
        )
    except (OverflowError, ValueError, OSError):  # an agent's clock may say anything
        return ""
    return begin if begin == end else f"{begin} to {end}"


def moment(unix_ms: float) -> str:
    """`2026-03-01 14:02:10` of Unix milliseconds, local; empty where no clock says so."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_ms / 1000))
    except (OverflowError, ValueError, OSError):
        return ""


def count(number: float) -> str:
    """`950`, `12.3k`, `4.1M`."""
    for limit, unit, size in ((1e3, "", 1), (1e6, "k", 1e3), (1e9, "M", 1e6)):
        if number < limit:
            return f"{number:.0f}" if not unit else f"{number / size:.1f}{unit}"
    return f"{number / 1e9:.1f}G"


def tokens(usage: dict[str, Any]) -> str:
    """`in 12.3k  out 4.1k` of a usage map; empty where it has no such counters."""
    parts = []
    for word, names in (
        ("in", ("input_tokens", "input", "prompt_tokens")),
        ("out", ("output_tokens", "output", "completion_tokens")),
    ):
        value = next(
            (usage[name] for name in names if isinstance(usage.get(name), (int, float))), None
        )
        if value is not None:
            parts.append(f"{word} {count(value)}")
    return "  ".join(parts)


def state_words(
    state: str, outcome: str | None, exit_code: int | None, waiting_for: str | None
) -> str:
    """A session's state with its mark: `■ ended · failure (exit 2)`."""
    words = f"{STATE_MARKS.get(state, '?')} {state}"
    if state == "waiting" and waiting_for:
        return f"{words} for you: {waiting_for}"
    if state == "waiting":
        return f"{words} for you"
    if state == "ended" and outcome:
        words += f" · {outcome.replace('_', ' ')}"
        if exit_code:
            words += f" (exit {exit_code})"
    return words


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 event`, `1,310 events`; `nouns` for a plural that is not formed with an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"
