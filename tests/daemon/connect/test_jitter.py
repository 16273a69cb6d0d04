"""Chance for delays."""

from __future__ import annotations

import random

from lashd.connect.jitter import chance


def test_stays_within_its_range_and_varies() -> None:
    """From 0 to below 1."""
    numbers = [chance() for _ in range(1000)]
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) > 900


def test_leaves_the_programs_own_numbers_alone() -> None:
    """An agent that seeds `random` gets the same ones whether it publishes or not."""
    before = random.getstate()
    chance()
    assert random.getstate() == before
