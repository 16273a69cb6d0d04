"""The transcript's own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lashtui.widgets.transcript.own_clock import OWN_TICK_AFTER, OwnClock


class View:
    """What makes timers: one, which says what is done to it."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.second: Callable[[], None] = lambda: None

    def set_interval(self, _seconds: float, callback: Callable[[], None], *, pause: bool) -> View:
        self.did.append("paused" if pause else "runs")
        self.second = callback
        return self

    def resume(self) -> None:
        self.did.append("resumed")

    def pause(self) -> None:
        self.did.append("paused")


def test_it_runs_only_while_it_is_wanted() -> None:
    """Also if that was said before the view was there; a timer is told once."""
    view: Any = View()
    clock = OwnClock(lambda: None)
    clock.run(True)
    clock.start(view)
    assert clock.is_running
    for wanted in (True, False, False, True):
        clock.run(wanted)
    assert view.did == ["runs", "paused", "resumed"]


def test_a_callers_clock_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is shown once, by whichever ticks."""
    now = [100.0]
    monkeypatch.setattr("lashtui.widgets.transcript.own_clock.time.monotonic", lambda: now[0])
    view: Any = View()
    shown: list[float] = []
    clock = OwnClock(lambda: shown.append(now[0]))
    clock.start(view)
    clock.tick()
    now[0] += 1
    view.second()
    assert shown == [100.0]
    now[0] += OWN_TICK_AFTER
    view.second()
    assert shown == [100.0, now[0]]
