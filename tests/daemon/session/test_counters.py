"""Counters: what can be summed stays, anything else doesn't."""

from __future__ import annotations

from lashd.session.counters import MAX_COUNTER, MAX_COUNTERS, counters


def test_only_numbers_that_stay_exact_count() -> None:
    """No text, list or flag, nothing infinite, nothing beyond what a double counts exactly."""
    odd = {"a": "1", "b": [1], "c": None, "d": True, "e": float("nan"), "f": MAX_COUNTER + 1}

    assert counters({**odd, "tokens": MAX_COUNTER, "cost": 0.5}) == {
        "tokens": MAX_COUNTER,
        "cost": 0.5,
    }


def test_counters_are_few_and_their_names_short() -> None:
    """The first ones stay, whatever stands between them."""
    told = counters({"none": None, "n" * 1000: 1, **{str(n): n for n in range(1000)}})

    assert len(told) == MAX_COUNTERS
    assert max(map(len, told)) <= 256
