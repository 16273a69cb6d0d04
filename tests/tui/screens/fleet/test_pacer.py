"""When the fleet is shown, and when its lines may move."""

from __future__ import annotations

import pytest

from lashtui.screens.fleet.pacer import HOLD, SHOW_EVERY, FleetPacer


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_it_is_shown_a_few_times_a_second() -> None:
    """At once after a pause; then one look is due, however many changes come."""
    clock = Clock()
    pacer = FleetPacer(clock)
    assert pacer.wait() == 0.0
    pacer.shown()
    clock.now += 0.1
    wait = pacer.wait()
    assert wait is not None
    assert 0 < wait <= SHOW_EVERY
    assert pacer.wait() is None
    clock.now += SHOW_EVERY
    pacer.shown()
    clock.now += SHOW_EVERY
    assert pacer.wait() == 0.0


def test_lines_are_held_after_a_key() -> None:
    """Until a second after the last one; then the order is shown once more."""
    clock = Clock()
    pacer = FleetPacer(clock)
    assert not pacer.is_held
    pacer.touched()
    assert pacer.is_held
    clock.now += 0.4
    assert pacer.wait_for_order() == pytest.approx(0.6)
    assert pacer.wait_for_order() is None
    assert pacer.wait() is None
    pacer.shown()
    clock.now += HOLD
    assert not pacer.is_held
