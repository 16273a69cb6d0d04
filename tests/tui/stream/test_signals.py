"""Signals interrupt waiting at once and writing not at all; what was there before comes back."""

from __future__ import annotations

import os
import signal

import pytest

from lashtui.stream.signals import Interrupted, Signals


def send(number: int) -> None:
    """A signal to ourselves; Python handles it before the next step."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_waiting_is_interrupted(number: int, code: int) -> None:
    """And every later wait, so that none is missed."""
    with Signals() as signals:
        assert signals.wait(lambda: 5) == 5
        with pytest.raises(Interrupted):
            signals.wait(lambda: send(number))
        assert signals.received == number
        assert signals.code == code
        with pytest.raises(Interrupted):
            signals.wait(lambda: 5)


def test_writing_is_not_interrupted_the_first_time() -> None:
    """A record is finished; the second signal, or the timer, gives it up."""
    with Signals() as signals:
        send(signal.SIGTERM)
        assert signals.received == signal.SIGTERM
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        with pytest.raises(Interrupted):
            send(signal.SIGINT)
        assert signals.code == 143
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_write_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pipe whose reader sleeps doesn't hold the way out."""
    monkeypatch.setattr("lashtui.stream.signals.GIVE_UP_WRITING", 0.2)
    reading, writing = os.pipe()
    with Signals() as signals:
        send(signal.SIGTERM)
        with pytest.raises(Interrupted):
            os.write(writing, b"x" * 10_000_000)
        assert signals.gave_up
    os.close(reading)
    os.close(writing)


def test_handlers_come_back_and_ignored_signals_stay_ignored() -> None:
    """`nohup lashtui attach` keeps running when its terminal goes."""
    before = signal.getsignal(signal.SIGINT)
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals() as signals:
            send(signal.SIGHUP)
            assert signals.received is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, old)
    assert signal.getsignal(signal.SIGINT) == before
