"""Times, counts and states in few characters."""

from __future__ import annotations

import time

import pytest

from lashtui.text.format import (
    clock,
    context,
    count,
    moment,
    plural,
    price,
    state_words,
    time_span,
    tokens,
    usage_words,
)


def test_a_moment() -> None:
    """To the second or the minute, in local time; empty if no calendar has it."""
    assert moment(1_700_000_000_000) == time.strftime(
        "%Y-%m-%d %H:%M:%S", time.localtime(1_700_000_000)
    )
    assert clock(1_700_000_000_000) == time.strftime("%H:%M", time.localtime(1_700_000_000))
    for odd in (float("inf"), float("nan"), 1e300, 2**80):
        assert moment(odd) == clock(odd) == ""


def test_counts() -> None:
    """Thousands and millions in short."""
    assert [count(n) for n in (0, 999, 12_345, 4_100_000, 7e9)] == [
        "0",
        "999",
        "12.3k",
        "4.1M",
        "7.0G",
    ]


def test_how_full_the_context_is() -> None:
    """As much as is known; whoever gave the view, only numbers are shown."""
    assert context({"context": {"used": 45_000, "size": 200_000}}) == "context 45k/200k (22 %)"
    assert context({"context": {"used": 45_321, "size": 1_000_000}}) == "context 45.3k/1M (4 %)"
    assert context({"context": {"used": 199_999, "size": 200_000}}) == "context 200k/200k (99 %)"
    assert context({"context": {"used": 900, "size": 800}}) == "context 900/800 (112 %)"
    assert context({"context": {"used": 45_000}}) == "context 45k"
    assert context({"context": {"used": 0, "size": 0}}) == "context 0"
    assert context({"context": {"size": 200_000}}) == context({}) == ""
    hostiles: list[object] = [-1, "9", None, 1.5, float("inf"), [1], {}, True]
    for hostile in hostiles:
        assert context({"context": {"used": hostile, "size": 5}}) == ""
        assert context({"context": {"used": 5, "size": hostile}}) == "context 5"


def test_tokens_of_several_dialects() -> None:
    """Known counters are shown under any of their names; without counters nothing is."""
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
        (("ended", "success", 0, None), "✓ done"),
        (("ended", "cut_off", None, None), "✗ cut off"),
        (("ended", "failure", 2, None), "✗ failed (exit 2)"),
    ],
)
def test_states_have_mark_and_word(
    state: tuple[str, str | None, int | None, str | None], words: str
) -> None:
    """No state is shown by colour alone."""
    assert state_words(*state) == words


def test_time_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the reader's time zone; one time if both are the same, nothing if either is unknown."""
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


@pytest.mark.parametrize(
    ("cost", "words"),
    [(0, "$0.00"), (0.001, "<$0.01"), (4.1, "$4.10"), (1204, "$1,204"), (-1, ""), ("x", "")],
)
def test_a_price_is_in_dollars(cost: object, words: str) -> None:
    """What can't be a price is none."""
    assert price({"cost_usd": cost}) == words


def test_usage_has_only_what_is_known() -> None:
    """An agent may report any part of it."""
    assert usage_words({}) == ""
    assert usage_words({"total": {"cost_usd": 1.5}}) == "$1.50"
    assert (
        usage_words({"total": {"input_tokens": 5, "cached_input_tokens": 3}}) == "in 5 (3 cached)"
    )
    assert usage_words({"total": {"cached_input_tokens": 3}}) == "3 cached"
