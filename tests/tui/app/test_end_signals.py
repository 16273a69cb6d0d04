"""Signals that end the app. That a stalled terminal holds nobody is tested in a real one."""

from __future__ import annotations

import asyncio
import os
import signal

import anyio
import pytest

from lashtui.app.end_signals import EndSignals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
async def test_the_loop_is_told_once_with_the_code(number: signal.Signals, code: int) -> None:
    """A second signal changes nothing; afterwards the handlers are what they were."""
    before = signal.getsignal(number)
    received: list[int] = []
    came = anyio.Event()

    def orderly(given: int) -> None:
        received.append(given)
        came.set()

    signals = EndSignals(orderly, lambda: None)
    signals.install(asyncio.get_running_loop())
    try:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        with anyio.fail_after(10):
            await came.wait()
        assert received == [code]
    finally:
        signals.remove()
    assert signal.getsignal(number) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


async def test_outside_of_the_main_thread_there_are_none() -> None:
    """An app that runs in a thread is ended by its caller."""
    signals = EndSignals(lambda _code: None, lambda: None)
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    await anyio.to_thread.run_sync(signals.install, loop)
    assert signal.getsignal(signal.SIGTERM) == before
    signals.remove()
