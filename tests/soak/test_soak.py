"""A short soak, in every run of the tests; `python -m tests.soak --minutes 60` is a long one."""

from __future__ import annotations

import pytest

from tests.soak.soak import soak

SECONDS = 35.0


@pytest.mark.timeout(240)
def test_whatever_is_disturbed_nothing_is_lost_without_a_word() -> None:
    """All kinds of publishers, readers and followers; daemons and others that are stopped, killed
    and suspended: each event once and in order, or a gap that says so."""
    figures = soak(SECONDS, seed=20, at_once=5, rate=40.0, life=12.0)

    print(figures.table())
    assert figures.unexplained == []
    assert figures["events read"] > 100
    assert figures["sessions, each with its publishers and readers"] >= 5
