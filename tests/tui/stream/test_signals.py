"""Signals interrupt waiting at once but never writing; the old handlers are restored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from lashtui.stream.signals import Interrupted, Signals

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _the_tests_own_handlers() -> Iterator[None]:
    """A stream that was ended by a signal leaves none for the rest of its process."""
    old = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in old.items():
        signal.signal(number, handler)


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


def test_writing_is_not_interrupted_however_often() -> None:
    """A record is finished, and so is all that follows the first signal."""
    with Signals() as signals:
        signals.bounded(lambda: send(signal.SIGTERM))
        assert signals.received == signal.SIGTERM
        left = signal.getitimer(signal.ITIMER_REAL)[0]
        assert left > 0
        signals.bounded(lambda: send(signal.SIGINT))
        send(signal.SIGTERM)
        assert signals.code == 143
        assert signal.getitimer(signal.ITIMER_REAL)[0] <= left
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    send(signal.SIGTERM)
    send(signal.SIGINT)


def test_a_write_that_hangs_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pipe whose reader sleeps doesn't prevent the exit."""
    monkeypatch.setattr("lashtui.stream.signals.GIVE_UP_WRITING", 0.2)
    reading, writing = os.pipe()
    with Signals() as signals:
        send(signal.SIGTERM)
        with pytest.raises(Interrupted):
            signals.bounded(lambda: os.write(writing, b"x" * 10_000_000))
        assert signals.gave_up
        with pytest.raises(Interrupted):
            signals.bounded(lambda: pytest.fail("it is tried again"))
    os.close(reading)
    os.close(writing)


def test_what_hangs_elsewhere_ends_with_the_process() -> None:
    """With the code that it would have had."""
    program = (
        "import os, signal, time, lashtui.stream.signals as s; s.GIVE_UP_WRITING = 0.1\n"
        "with s.Signals(): os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=30, check=False)
    assert done.returncode == 130


def test_handlers_are_restored_and_ignored_signals_stay_ignored() -> None:
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


def test_one_that_comes_as_it_becomes_ignored_is_not_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python calls that an error and prints a traceback, after the stream's last line."""
    reports: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", reports.append)
    change = signal.signal

    def ignored_too_late(number: int, handler: Any) -> Any:
        before = change(number, handler)
        if handler == signal.SIG_IGN:
            sys.unraisablehook(SimpleNamespace(exc_value=OSError("ignored due to race condition")))
        return before

    with Signals() as signals:
        send(signal.SIGTERM)
        monkeypatch.setattr(signal, "signal", ignored_too_late)
    assert signals.code == 143
    assert reports == []
    assert sys.unraisablehook == reports.append
