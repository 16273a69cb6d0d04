"""Every reader, on damaged inputs: only what is documented comes of them.

`python -m tests.fuzz` does the same for as long as one likes, and guided by coverage.
"""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lashtui.producers import FORMATS
from tests.fuzz.mutations import MAX_INPUT, Mutations
from tests.fuzz.readers import READERS

INPUTS = 12
"""For each reader: some seconds in all. A run by hand has thousands."""


@cache
def seeds(name: str) -> list[bytes]:
    """Whole inputs of a reader, the small ones: they are read many times."""
    return sorted(READERS[name].seeds(), key=len)[:6]


def test_no_format_is_left_out() -> None:
    """A new one needs inputs to begin from, a recording at best."""
    assert set(FORMATS) <= set(READERS)
    for name in READERS:
        assert seeds(name), name
        assert all(seeds(name)), name


@pytest.mark.parametrize("name", READERS)
def test_an_undamaged_input_is_read(name: str) -> None:
    """And a daemon takes what is published of it."""
    for data in seeds(name):
        READERS[name].read(data)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=INPUTS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=st.integers(0, 2**64 - 1))
def test_a_damaged_input_is_read(name: str, number: int) -> None:
    """Bytes flipped, lines cut, doubled and mixed, values of other types, deep, huge, hostile."""
    chance = random.Random(number)
    change = Mutations(chance)
    READERS[name].read(change.changed(chance.choice(seeds(name)), chance.choice(seeds(name))))


def test_damage_is_done_and_repeated() -> None:
    """By its number an input is found again; it stays within its bound."""
    data = seeds("codex-rollout")[0]
    changed = [Mutations(random.Random(number)).changed(data, data) for number in range(60)]
    assert changed == [Mutations(random.Random(n)).changed(data, data) for n in range(60)]
    assert len(set(changed) - {data}) > 50
    assert max(map(len, changed)) <= MAX_INPUT
    assert any(b"\x00" in each or b"\\u0000" in each for each in changed)
    assert any(b"\\ud800" in each or b"\xed\xa0\x80" in each for each in changed)
