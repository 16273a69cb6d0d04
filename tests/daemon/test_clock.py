"""The clocks: which one is picked, and what they count."""

from __future__ import annotations

import time

import pytest

from lashd import clock


def test_time_asleep_is_counted_where_the_system_can() -> None:
    """On Linux the clock is CLOCK_BOOTTIME, so 120 s in a closed laptop are 120 s."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:
        pytest.skip("no CLOCK_BOOTTIME here")
    before = time.clock_gettime(boottime)
    now = clock.pick_clock()()
    assert before <= now <= time.clock_gettime(boottime)


def test_elsewhere_the_monotonic_clock_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without CLOCK_BOOTTIME has a clock all the same."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert clock.pick_clock() is time.monotonic


def test_a_kernel_that_refuses_the_clock_gets_the_monotonic_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The C library may know a clock that the kernel doesn't."""
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)

    def refuse(clock_id: int) -> float:
        raise OSError(22, f"no clock {clock_id}")

    monkeypatch.setattr(time, "clock_gettime", refuse)
    assert clock.pick_clock() is time.monotonic


def test_the_default_clock_never_goes_back() -> None:
    """Ages are never negative."""
    readings = [clock.default_clock() for _ in range(100)]
    assert readings == sorted(readings)


def test_now_ms_is_unix_time_in_milliseconds() -> None:
    """The same moment as the wall clock's, as an integer."""
    before = int(time.time() * 1000) - 1
    now = clock.now_ms()
    assert isinstance(now, int)
    assert before <= now <= time.time() * 1000 + 1
