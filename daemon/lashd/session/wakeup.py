"""Wakes a coroutine when a store changes. The only module here that uses asyncio.

asyncio is imported when something really waits, so a script that only replays never pays for it.
"""

from __future__ import annotations

from threading import get_ident
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

OnChange: TypeAlias = "Callable[[Callable[[], None]], Callable[[], None]]"
"""Registers a callback for changes made in any thread; returns the function that removes it."""


async def wait_for_change(on_change: OnChange, ready: Callable[[], bool]) -> None:
    """Wait until a change has come, or return at once where `ready()` is true already.

    The callback is registered before `ready` is asked, so no change is missed in between. Takes
    nothing from anywhere: cancelling it loses nothing.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    changed = loop.create_future()
    thread = get_ident()
    signalled = False

    def resolve() -> None:
        if not changed.done():
            changed.set_result(None)

    def wake() -> None:
        nonlocal signalled
        if signalled:  # a burst of appends wakes once; a race here only wakes twice
            return
        signalled = True
        try:
            if get_ident() == thread:
                resolve()
            else:
                loop.call_soon_threadsafe(resolve)
        except RuntimeError:
            pass  # the loop is closed: nothing waits

    stop = on_change(wake)
    try:
        if not ready():
            await changed
    finally:
        stop()
