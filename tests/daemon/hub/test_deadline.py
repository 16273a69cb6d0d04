"""The earliest moment counts."""

from __future__ import annotations

import math

from lashd.hub.deadline import Deadline


def test_the_earliest_moment_since_the_last_reset_counts() -> None:
    """A later one never postpones it; a reset forgets it."""
    deadline = Deadline()
    assert deadline.at == math.inf
    for moment in (9.0, 5.0, 7.0):
        deadline.no_later_than(moment)
    assert deadline.at == 5.0
    deadline.reset(20.0)
    assert deadline.at == 20.0
