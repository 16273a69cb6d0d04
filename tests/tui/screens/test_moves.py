"""Keys as in vim and less, in a transcript."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from lashd.daemon import EmbeddedDaemon
from lashtui.demo.script import SESSION
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.app.app_harness import app_on, demo_session
from tests.tui.screen_text import until_shown


@pytest.mark.parametrize(("size", "opened"), [((120, 20), False), ((80, 10), True)])
async def test_they_move_as_there(
    daemon: EmbeddedDaemon, size: tuple[int, int], opened: bool
) -> None:
    """To the top, by pages, half pages and lines, and back; also in an entry."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected")
            if opened:
                await pilot.press("g", "j", "enter")
                await until_shown(pilot, "Back")
            view = app.screen.query_one(Transcript)
            view.move(-10_000)
            await pilot.pause()
            page = view.size.height
            for key, back, lines in (
                ("ctrl+e", "ctrl+y", 1),
                ("ctrl+d", "ctrl+u", page // 2),
                ("ctrl+f", "ctrl+b", page - 1),
            ):
                top = view.scroll_offset.y
                room = view.virtual_size.height - page - top
                await pilot.press(key)
                await pilot.pause()
                assert view.scroll_offset.y == top + min(lines, room), key
                await pilot.press(back)
                await pilot.pause()
                assert view.scroll_offset.y == top, back
            await pilot.press("G")
            await pilot.pause()
            await pilot.press("g")
            await pilot.pause()
            assert view.scroll_offset.y == 0


async def test_h_folds_and_l_unfolds(daemon: EmbeddedDaemon) -> None:
    """Whatever the entry is now: pressed twice they change nothing more."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_shown(pilot, "● connected")
            await pilot.press("T")
            await pilot.pause()
            view = app.screen.query_one(Transcript)
            heights = []
            for key in ("h", "l", "l", "h"):
                await pilot.press(key)
                await pilot.pause()
                heights.append(view.virtual_size.height)
            assert heights[1] == heights[2] > heights[3] == heights[0]


async def test_a_colon_opens_the_palette(daemon: EmbeddedDaemon) -> None:
    """As ctrl+p does."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "● connected")
            await pilot.press("colon")
            await pilot.pause()
            assert app.screen.__class__.__name__ == "CommandPalette"
