"""How fast events come."""

from __future__ import annotations

import pytest

from lashtui.feed.rate import WINDOW, EventRate


def test_rate_is_that_of_the_last_half_minute() -> None:
    """What came before it doesn't count; a short time is not taken for a long one."""
    rate = EventRate()
    assert rate.per_second(100.0) == 0.0
    for second in range(10):
        rate.add(4, 100.0 + second)
        rate.add(1, 100.5 + second)
    assert rate.per_second(110.0) == pytest.approx(5.0)
    assert rate.per_second(100.0 + WINDOW) == pytest.approx(50 / WINDOW, rel=0.15)
    assert rate.per_second(200.0) == 0.0


def test_nothing_is_no_event() -> None:
    """Batches of control records."""
    rate = EventRate()
    rate.add(0, 5.0)
    assert rate.per_second(6.0) == 0.0
