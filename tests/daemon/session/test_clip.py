"""Cutting values: what fits stays as it is, what doesn't says what is missing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.session.clip import MAX_DEPTH, clip, size_of_text, size_of_value
from lashd.short import SMALL, short

from .histories import values


@settings(max_examples=100, deadline=None)
@given(values)
def test_what_fits_is_the_value_itself(value: object) -> None:
    """No copy, no change."""
    assert clip(value, 100_000) is value


def test_long_strings_are_cut_with_a_mark() -> None:
    """The head stays; the mark counts the rest; short strings beside it stay whole."""
    cut = clip({"status": "failure", "text": "x" * 5000, "code": "E7"}, 1000)

    assert cut["status"] == "failure"
    assert cut["code"] == "E7"
    assert cut["text"].startswith("x" * SMALL)
    assert cut["text"].endswith("characters cut)")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=400), max_size=300), st.integers(0, 2000))
def test_a_clipped_value_is_bounded(value: list[str], budget: int) -> None:
    """Whatever comes in, a bounded number of items and characters is kept."""
    cut = clip(value, budget)

    assert size_of_value(cut) <= 4 * (budget + 70 * (SMALL + 40))


def test_bottomless_nesting_ends() -> None:
    """A value nested deeper than anyone reads is cut at the bottom."""
    value: list[object] = ["x" * 1000]
    for _ in range(3 * MAX_DEPTH):
        value = [value]

    assert "nested too deep" in str(clip(value, 100))


def test_sizes_are_bytes() -> None:
    """Characters beyond ASCII count what they take in UTF-8; None takes nothing."""
    assert size_of_text("aé€😀") == 1 + 2 + 3 + 4
    assert size_of_value(None) == 0
    assert size_of_value("abc") == 4


def test_short_keeps_the_bound() -> None:
    """A cut text is exactly as long as allowed."""
    assert short(None) is None
    assert short("abc", 3) == "abc"
    assert short("abcd", 3) == "ab…"
