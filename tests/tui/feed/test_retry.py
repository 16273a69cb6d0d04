"""The pauses between attempts."""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint

from lashtui.feed.retry import FAR_RETRY_MAX, RETRY_FIRST, RETRY_MAX, Retry
from tests.waiting import wait_until_async


async def paused(retry: Retry) -> None:
    """One pause, ended at once."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(retry.pause)
        await wait_until_async(retry.end_pause)


async def test_pauses_are_doubled_up_to_the_most() -> None:
    """A daemon that is there again ends that."""
    retry, seconds = Retry("/run/lashd.sock"), []
    for _ in range(6):
        seconds.append(retry.seconds)
        await paused(retry)
    assert seconds == [RETRY_FIRST, 2, 4, 8, RETRY_MAX, RETRY_MAX]
    retry.succeeded()
    assert retry.seconds == RETRY_FIRST


async def test_another_machine_is_tried_less_often() -> None:
    """Each attempt takes an ssh."""
    retry = Retry("ssh://box")
    for _ in range(6):
        await paused(retry)
    assert retry.seconds == FAR_RETRY_MAX


async def test_there_is_nothing_to_end_without_a_pause() -> None:
    """Neither before one nor after it was cancelled."""
    retry = Retry("/run/lashd.sock")
    assert not retry.end_pause()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(retry.pause)
        await checkpoint()
        tasks.cancel_scope.cancel()
    assert not retry.end_pause()
