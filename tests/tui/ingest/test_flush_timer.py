"""Text goes out soon after its first byte; records' pauses are those after the last."""

from __future__ import annotations

import pytest

from lashd.testing.laws import ManualClock
from lashtui.ingest.flush_timer import IDLE_FOR, JOIN_FOR, SETTLED_AFTER, FlushTimer
from lashtui.producers import make_producer


def test_text() -> None:
    """Input that never pauses doesn't put off the flush."""
    clock = ManualClock(0.0)
    timer = FlushTimer(make_producer("text"), clock=clock)
    assert timer.wait is None
    timer.input_came()
    clock.now = JOIN_FOR / 2
    timer.input_came()
    assert timer.wait == JOIN_FOR / 2
    assert not timer.is_due()
    clock.now = JOIN_FOR
    assert timer.is_due()
    assert not timer.is_due()


def test_text_settles() -> None:
    """What a first flush may hold back goes out with a second one, then there is peace."""
    clock = ManualClock(0.0)
    timer = FlushTimer(make_producer("text"), clock=clock)
    timer.input_came()
    clock.now = JOIN_FOR
    assert timer.is_due()
    assert timer.wait == SETTLED_AFTER
    clock.now += SETTLED_AFTER / 2
    timer.input_came()
    assert timer.wait == pytest.approx(JOIN_FOR)
    clock.now += 2 * JOIN_FOR
    assert timer.is_due()
    clock.now += SETTLED_AFTER
    assert timer.is_due()
    assert timer.wait is None


def test_records() -> None:
    """Each record puts it off."""
    clock = ManualClock(0.0)
    timer = FlushTimer(make_producer("acp"), clock=clock)
    timer.input_came()
    clock.now = IDLE_FOR * 0.9
    timer.input_came()
    clock.now = IDLE_FOR * 1.5
    assert not timer.is_due()
    clock.now = IDLE_FOR * 2
    assert timer.is_due()


def test_auto_is_text_until_it_knows_better() -> None:
    """So a line of text is not held back."""
    clock = ManualClock(0.0)
    producer = make_producer("auto")
    timer = FlushTimer(producer, clock=clock)
    timer.input_came()
    assert timer.wait == JOIN_FOR
    clock.now = JOIN_FOR
    assert timer.is_due()
    producer.feed(b'{"jsonrpc":"2.0","id":1,"method":"session/new","params":{}}\n')
    timer.input_came()
    assert timer.wait == IDLE_FOR
