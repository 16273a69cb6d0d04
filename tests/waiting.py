"""Waiting for what another thread, process or task brings about."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import anyio
import pytest

PATIENCE = 40.0
"""Seconds: milliseconds in truth, more on a loaded machine."""

POLL = 0.005

T = TypeVar("T")
What = str | Callable[[], str]


def wait_until(condition: Callable[[], T], what: What = "the condition") -> T:
    """Poll until `condition` gives something true, and return it; fail naming `what`."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        _check(deadline, what)
        time.sleep(POLL)
    return found


async def wait_until_async(condition: Callable[[], T], what: What = "the condition") -> T:
    """`wait_until` that lets the loop's other tasks run."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        _check(deadline, what)
        await anyio.sleep(POLL)
    return found


def _check(deadline: float, what: What) -> None:
    if time.monotonic() > deadline:
        pytest.fail(f"not within {PATIENCE:g} s: {what() if callable(what) else what}")


def children() -> set[str]:
    """The processes that this one has started and not reaped."""
    found: set[str] = set()
    for thread in os.listdir("/proc/self/task"):
        with (
            suppress(FileNotFoundError, ProcessLookupError),  # the thread has ended meanwhile
            open(f"/proc/self/task/{thread}/children", encoding="ascii") as file,
        ):
            found.update(file.read().split())
    return found
