"""What is on the screen, as text, and waiting for it to be so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from lashtui.screens.session import SessionScreen
from tests.waiting import What, wait_until_async

DEADLINE = 15.0
"""Seconds until a condition counts as never met: far beyond what a loaded machine needs."""


def screen_text(app: App[Any]) -> str:
    """The lines of the screen, without trailing spaces."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def top_line(app: App[Any]) -> str:
    """The transcript's first line in view."""
    region = app.screen.query_one("Transcript").content_region
    return screen_text(app).splitlines()[region.y][region.x : region.right - 1].rstrip()


async def until(pilot: Pilot[Any], condition: Callable[[], bool], what: What = "") -> None:
    """Wait until `condition` holds. Fails at once if the app has crashed."""

    def holds() -> bool:
        if pilot.app._exception is not None:
            raise pilot.app._exception
        return condition()

    await wait_until_async(
        holds, lambda: f"{what() if callable(what) else what}\n{screen_text(pilot.app)}"
    )
    await pilot.pause()


async def until_shown(pilot: Pilot[Any], *texts: str) -> str:
    """Wait until all of `texts` are on the screen; the screen."""
    await until(
        pilot,
        lambda: all(text in screen_text(pilot.app) for text in texts),
        lambda: f"{texts} on the screen",
    )
    return screen_text(pilot.app)


def is_ticking(screen: SessionScreen) -> bool:
    """Whether the screen paints once a second: its timer is the only place where that shows."""
    return screen._seconds is not None and screen._seconds._active.is_set()
