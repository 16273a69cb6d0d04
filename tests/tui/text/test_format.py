"""Times, sizes and states in few characters."""

from __future__ import annotations

import time

import pytest

from lashtui.text.format import (
    count,
    duration,
    moment,
    plural,
    state_words,
    stopwatch,
    time_span,
    tokens,
)


@pytest.mark.parametrize(
    ("seconds", "rough", "running"),
    [
        (-3, "0 s", "0s"),
        (8.9, "8 s", "8s"),
        (60, "1 min", "1:00"),
        (247, "4 min", "4:07"),
        (3723, "1 h 02", "1:02:03"),
        (180_000, "2 d", "50:00:00"),
        (float("inf"), "0 s", "0s"),
        (float("nan"), "0 s", "0s"),
        (1e300, "0 s", "0s"),
    ],
)
def test_times(seconds: float, rough: str, running: str) -> None:
    """A rough age for lists, a moving one for what runs; a clock that is off never gives minus."""
    assert duration(seconds) == rough
    assert stopwatch(seconds) == running


def test_a_moment() -> None:
    """To the second, by the local clock; no clock says infinity."""
    assert moment(1_700_000_000_000) == time.strftime(
        "%Y-%m-%d %H:%M:%S", time.localtime(1_700_000_000)
    )
    assert moment(float("inf")) == moment(float("nan")) == moment(1e300) == ""


def test_counts() -> None:
    """Thousands and millions in short."""
    assert [count(n) for n in (0, 999, 12_345, 4_100_000, 7e9)] == [
        "0",
        "999",
        "12.3k",
        "4.1M",
        "7.0G",
    ]


def test_tokens_of_several_dialects() -> None:
    """The counters that are known are shown, whatever they are called; no counters, no words."""
    assert tokens({"input_tokens": 18_450, "output_tokens": 1_120}) == "in 18.4k  out 1.1k"
    assert tokens({"prompt_tokens": 5, "completion_tokens": None}) == "in 5"
    assert tokens({"seconds": 3}) == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (("running", None, None, None), "● running"),
        (("idle", None, None, None), "○ idle"),
        (("waiting", None, None, "approve: rm"), "‼ waiting for you: approve: rm"),
        (("waiting", None, None, None), "‼ waiting for you"),
        (("ended", "success", 0, None), "■ ended · success"),
        (("ended", "cut_off", None, None), "■ ended · cut off"),
        (("ended", "failure", 2, None), "■ ended · failure (exit 2)"),
    ],
)
def test_states_have_mark_and_word(
    state: tuple[str, str | None, int | None, str | None], words: str
) -> None:
    """No state is told by colour alone."""
    assert state_words(*state) == words


def test_time_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the reader's own time, one of them where they are the same; nothing where unknown."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        assert time_span(1_700_000_000_000, 1_700_000_065_000) == "22:13:20 to 22:14:25"
        assert time_span(1_700_000_000_000, 1_700_000_000_500) == "22:13:20"
        assert time_span(None, 5) == ""
        assert time_span(5, None) == ""
        assert time_span(10**30, 10**30) == ""
    finally:
        monkeypatch.undo()
        time.tzset()


def test_numbers_are_readable() -> None:
    """Thousands are separated, one is singular, a plural may be formed in another way."""
    assert [plural(n, "event") for n in (0, 1, 1310)] == ["0 events", "1 event", "1,310 events"]
    assert plural(2, "entry", "entries") == "2 entries"
