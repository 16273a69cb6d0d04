"""Durations in words, one function per form, and the one that reads them. Pure.

An agent's numbers may be anything: what no duration can be (negative, a century, NaN) is shown as 0
or, where it is a fact about a call, not at all.
"""

from __future__ import annotations

MAX_SECONDS = 100 * 365 * 24 * 3600
"""A century."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def is_duration(seconds: float) -> bool:
    """True for a finite, non-negative number under a century."""
    return 0 <= seconds < MAX_SECONDS


def duration_short(seconds: float) -> str:
    """`8s`, `4m`, `3h`, `2d`: for a column of a table."""
    whole = _whole(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def duration_long(seconds: float) -> str:
    """`8 s`, `4 min`, `3 h 05`, `2 d`: for sentences and ages, at most six characters."""
    whole = _whole(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02}"
    return f"{whole // 86_400} d"


def duration_clock(seconds: float) -> str:
    """`8s`, `4:07`, `1:02:03`: for something running, so that it visibly moves."""
    whole = _whole(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def duration_timer(seconds: float) -> str:
    """`0:12`, `4:07`, `1:02:03`: for something that is waited for."""
    clock = duration_clock(seconds)
    return clock if ":" in clock else f"0:{clock[:-1]:>02}"


def duration_exact(milliseconds: float) -> str:
    """`340ms`, `2.4s`, `1:07`: how long a call took; empty for what no duration can be."""
    if not is_duration(milliseconds / 1000):
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f}ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f}s"
    return duration_clock(milliseconds / 1000)


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `30m`, `2h`, `1.5d`, `1w`.

    Raises:
        ValueError: `text` is not such a duration.
    """
    number = text[:-1] if text[-1:] in _UNITS else text
    whole, point, fraction = number.partition(".")
    digits = [whole, fraction] if point else [whole]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in digits):
        raise ValueError(f"{text!r} is not a duration such as 90s, 30m, 2h or 7d")
    return float(number) * _UNITS[text[len(number) :]]


def _whole(seconds: float) -> int:
    return int(seconds) if is_duration(seconds) else 0
