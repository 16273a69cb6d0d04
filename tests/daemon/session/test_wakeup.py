"""Waiting for a change: no wake-up is missed, each wait leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from lashd.session.wakeup import wait_for_change

if TYPE_CHECKING:
    from collections.abc import Callable


class Source:
    """Something that changes."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self.changed = False
        self.on_watch: Callable[[], None] = lambda: None

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Register a callback."""
        self.callbacks.append(callback)
        self.on_watch()
        return lambda: self.callbacks.remove(callback)

    def change(self) -> None:
        """Call the callbacks."""
        self.changed = True
        for callback in list(self.callbacks):
            callback()

    def ready(self) -> bool:
        """Whether it has changed."""
        return self.changed


async def test_what_is_ready_is_not_waited_for() -> None:
    """And nothing stays registered."""
    source = Source()
    source.changed = True
    with anyio.fail_after(10.0):
        await wait_for_change(source.on_change, source.ready)
    assert source.callbacks == []


async def test_a_change_between_registering_and_asking_is_not_missed() -> None:
    """In this thread or in another one."""
    for elsewhere in (False, True):
        source = Source()

        def change(source: Source = source, elsewhere: bool = elsewhere) -> None:
            if elsewhere:
                thread = threading.Thread(target=source.change)
                thread.start()
                thread.join(10.0)
            else:
                source.change()

        source.on_watch = change
        with anyio.fail_after(10.0):
            await wait_for_change(source.on_change, source.ready)
        assert source.callbacks == []


async def test_a_burst_wakes_once() -> None:
    """Any number of changes before the waiter runs cost one wake-up and do no harm after it."""
    source = Source()

    async def burst() -> None:
        while not source.callbacks:
            await anyio.lowlevel.checkpoint()
        late = source.callbacks[0]
        for _ in range(100):
            source.change()
        while source.callbacks:
            await anyio.lowlevel.checkpoint()
        late()
        await anyio.to_thread.run_sync(late)

    with anyio.fail_after(10.0):
        async with anyio.create_task_group() as group:
            group.start_soon(burst)
            await wait_for_change(source.on_change, source.ready)


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    """Its callback is removed, and a late wake-up does nothing."""
    source = Source()
    async with anyio.create_task_group() as group:
        group.start_soon(wait_for_change, source.on_change, source.ready)
        while not source.callbacks:
            await anyio.lowlevel.checkpoint()
        callback = source.callbacks[0]
        await anyio.to_thread.run_sync(callback)
        group.cancel_scope.cancel()
    callback()
    assert source.callbacks == []


def test_a_store_that_is_only_replayed_never_loads_a_loop() -> None:
    """asyncio takes longer to import than a script has to run."""
    code = (
        "import sys; from lashd.session.store import InMemoryLiveReplayStore as S; s = S();"
        "s.subscribe_after_cursor(s.current_cursor('s', 0)).subscription.take();"
        "sys.exit('asyncio' in sys.modules or 'socket' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert result.returncode == 0
