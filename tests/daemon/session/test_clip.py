"""Cutting values: what fits stays as it is, what doesn't says what is missing."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.session.clip import MAX_DEPTH, MIN_BUDGET, clip, size_of_text, size_of_value
from lashd.short import SMALL, short

from .histories import values
from .test_fold_work import lines_of


@settings(max_examples=100, deadline=None)
@given(values)
def test_what_fits_is_the_value_itself(value: object) -> None:
    """No copy, no change."""
    assert clip(value, 100_000) is value


def test_long_strings_are_cut_with_a_mark() -> None:
    """Both ends stay; the mark counts the rest; short strings beside it stay whole."""
    cut = clip({"status": "failure", "text": "x" * 5000 + "end", "code": "E7"}, 2048)

    assert cut["status"] == "failure"
    assert cut["code"] == "E7"
    assert cut["text"].startswith("x" * SMALL)
    assert cut["text"].endswith("xend")
    assert "characters cut" in cut["text"]


def test_several_long_strings_share_what_there_is() -> None:
    """The error beside a long log is not the one that goes."""
    log, error = "o" * 90_000 + "log ends", "e" * 3000 + "why"
    cut = clip({"stdout": log, "stderr": error, "more": [log, log]}, 20_000)

    assert cut["stderr"] == error
    assert cut["stdout"].endswith("log ends")
    assert [text.endswith("log ends") for text in cut["more"]] == [True, True]


def test_a_long_list_keeps_both_ends() -> None:
    """Blocks of text too, each as much of it as there is room for."""
    blocks = [{"type": "text", "text": f"{number} " * 200} for number in range(1000)]
    cut = clip(blocks, 8000)

    assert cut[0]["text"].startswith("0 0")
    assert cut[-1]["text"].endswith("999 ")
    marks = [item for item in cut if isinstance(item, str)]
    assert marks == [f"… {1000 - len(cut) + 1} more …"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=400), max_size=300), st.integers(0, 2000))
def test_a_clipped_value_is_bounded(value: list[str], budget: int) -> None:
    """And what was clipped once stays as it is: a view that is restored is not cut again."""
    cut = clip(value, budget)

    assert size_of_value(cut) <= max(budget, MIN_BUDGET)
    assert clip(cut, budget) is cut


@settings(max_examples=60, deadline=None)
@given(values, st.integers(1, 60), st.integers(0, 6000))
def test_a_clipped_value_of_any_shape_is_bounded(value: object, times: int, budget: int) -> None:
    """Nested, wide, with keys of any length."""
    wide = [value, {"k" * 300: [value] * times, "long": "\u00e9" * 5000, "deep": {"a": value}}]
    cut = clip(wide * times, budget)

    assert size_of_value(cut) <= max(budget, MIN_BUDGET)
    assert clip(cut, budget) is cut


def test_bottomless_nesting_ends() -> None:
    """A value nested deeper than anyone reads is cut at the bottom."""
    value: list[object] = ["x" * 20_000]
    for _ in range(3 * MAX_DEPTH):
        value = [value]

    assert "nested too deep" in str(clip(value, 10_000))


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


def test_work_grows_with_the_values_alone() -> None:
    """However they are nested; and looking at one of them takes a few steps."""
    flat = ["x" * 15] * 65_536
    nested: list[object] = list(flat)
    for _ in range(MAX_DEPTH - 1):
        nested = [nested]
    spread: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        spread = [*flat[:1024], spread, *flat[:1024]]

    for value in (flat, nested, spread):
        assert lines_of(partial(clip, value, 256 * 1024)) < 10 * 65_536


def test_odd_keys_are_cut_as_well() -> None:
    """A value that never met the daemon's door may have numbers as keys."""
    cut = clip(dict.fromkeys(range(100), "x" * 100), MIN_BUDGET)

    assert size_of_value(cut) <= MIN_BUDGET
    assert cut["0"] == "x" * 100
