"""When a screen looks at its feed and shows the state."""

from __future__ import annotations

import pytest

from lashd.testing.laws import ManualClock
from lashtui.feed.pace import FRAME
from lashtui.screens.frame_pacer import HIDDEN_FRAME, STATE_PERIOD, TEXT_PERIOD, FramePacer


def test_a_hidden_session_is_looked_at_twice_a_second() -> None:
    """However often its feed changes, one look is due at a time."""
    clock = ManualClock()
    pacer = FramePacer(clock)
    pacer.looked()
    clock.advance(0.1)
    assert pacer.wait_hidden() == pytest.approx(HIDDEN_FRAME - 0.1)
    assert pacer.wait_hidden() is None
    clock.advance(HIDDEN_FRAME)
    pacer.looked()
    assert pacer.wait_hidden() == pytest.approx(HIDDEN_FRAME)


def test_a_quiet_hidden_session_is_looked_at_soon() -> None:
    """After a pause the wait is a frame, and never 0."""
    clock = ManualClock()
    pacer = FramePacer(clock)
    pacer.looked()
    clock.advance(60)
    assert pacer.wait_hidden() == FRAME


def test_the_state_is_shown_ten_times_a_second() -> None:
    """At once after a pause or where the view was replaced, else once for all in a moment."""
    clock = ManualClock()
    pacer = FramePacer(clock)
    assert pacer.wait_for_state(at_once=False) == 0
    pacer.state_shown()
    clock.advance(0.03)
    assert pacer.wait_for_state(at_once=False) == pytest.approx(STATE_PERIOD - 0.03)
    assert pacer.wait_for_state(at_once=False) is None
    assert pacer.wait_for_state(at_once=True) == 0
    clock.advance(STATE_PERIOD)
    assert pacer.wait_for_state(at_once=False) == 0
    pacer.state_shown()
    assert pacer.wait_for_state(at_once=False) == pytest.approx(STATE_PERIOD)


def test_while_text_streams_the_state_is_shown_once_a_second() -> None:
    """What else happens meanwhile is shown as soon as ever, though a later look is due."""
    clock = ManualClock()
    pacer = FramePacer(clock)
    pacer.state_shown()
    clock.advance(0.03)
    assert pacer.wait_for_state(text_alone=True) == pytest.approx(TEXT_PERIOD - 0.03)
    assert pacer.wait_for_state(text_alone=True) is None
    assert pacer.wait_for_state() == pytest.approx(STATE_PERIOD - 0.03)
    assert pacer.wait_for_state() is None
    assert pacer.wait_for_state(text_alone=True) is None
    clock.advance(TEXT_PERIOD)
    assert pacer.wait_for_state(text_alone=True) == 0
