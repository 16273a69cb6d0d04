"""Durations in each of their forms, and reading them."""

from __future__ import annotations

import pytest

from lashtui.text.duration import (
    duration_clock,
    duration_exact,
    duration_long,
    duration_short,
    duration_timer,
    parse_duration,
)

INFINITE, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("seconds", "short", "long", "clock"),
    [
        (-3, "0s", "0 s", "0s"),
        (8.9, "8s", "8 s", "8s"),
        (60, "1m", "1 min", "1:00"),
        (247, "4m", "4 min", "4:07"),
        (3723, "1h", "1 h 02", "1:02:03"),
        (180_000, "2d", "2 d", "50:00:00"),
        (INFINITE, "0s", "0 s", "0s"),
        (NAN, "0s", "0 s", "0s"),
        (1e300, "0s", "0 s", "0s"),
    ],
)
def test_seconds(seconds: float, short: str, long: str, clock: str) -> None:
    """For columns, for sentences, for what is running; a clock that is off never gives minus."""
    assert duration_short(seconds) == short
    assert duration_long(seconds) == long
    assert duration_clock(seconds) == clock


def test_how_long_a_call_took() -> None:
    """Never more than a few characters; rounding never shows a minute as 60.0s."""
    found = [duration_exact(value) for value in (0.4, 340, 2400, 59_949, 59_960, 67_000, 3_700_000)]
    assert found == ["0ms", "340ms", "2.4s", "59.9s", "59s", "1:07", "1:01:40"]


@pytest.mark.parametrize("milliseconds", [INFINITE, NAN, 1e300, -1])
def test_what_no_call_can_have_taken_is_not_shown(milliseconds: float) -> None:
    """Infinite, not a number, or negative."""
    assert duration_exact(milliseconds) == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5d", 129_600), ("1w", 604_800)],
)
def test_reading_a_duration(text: str, seconds: float) -> None:
    """A number and at most one unit."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "s", "soon", "-1", "1 h", "1h3m", "inf", ".5h", "5.h", "1..2", "²", "1" * 20],
)
def test_what_is_not_a_duration(text: str) -> None:
    """The message names the text and shows the form."""
    with pytest.raises(ValueError, match="is not a duration such as 90s"):
        parse_duration(text)


def test_what_is_waited_for_counts_like_a_clock() -> None:
    """Minutes from the first second on, so that the words before it don't move."""
    assert [duration_timer(n) for n in (0, 12, 252, 3723, -1)] == [
        "0:00",
        "0:12",
        "4:12",
        "1:02:03",
        "0:00",
    ]
