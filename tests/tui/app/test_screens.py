"""What the screens look like, at the sizes that matter: text snapshots with a frozen clock."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from lashd.daemon import EmbeddedDaemon
from lashtui.app.app import LashApp
from lashtui.demo.script import SESSION
from lashtui.widgets.transcript.decoration import MARK
from tests.tui.app.app_harness import SIZES, app_on, demo_session, other_sessions, watching
from tests.tui.screen_text import until_shown
from tests.tui.snapshot import check, check_colours, settled

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_session(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Header, transcript, panels or strip, status, keys."""
    async with watching(daemon, size) as (_, pilot):
        check(f"session-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("theme", ["lashtui-light", "ansi-dark", "ansi-light", "nord"])
async def test_themes_change_colours_and_no_text(daemon: EmbeddedDaemon, theme: str) -> None:
    """Mark and word say the state: the text is the same in each theme."""
    async with watching(daemon, (80, 24), theme) as (_, pilot):
        check("session-80x24", await settled(pilot))


@pytest.mark.parametrize("theme", ["lashtui-dark", "lashtui-light", "ansi-dark"])
async def test_colours(daemon: EmbeddedDaemon, theme: str) -> None:
    """Each cell's, with a current entry, a search and the panels."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION, theme)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_shown(pilot, "● connected", "PLAN", "PROCESSES")
            await pilot.press("slash", *"keyword", "enter")
            await until_shown(pilot, " of ", "n Next")
            await settled(pilot)
            check_colours(theme, app)


def colours(app: LashApp, *marks: str) -> set[str | None]:
    """The names of the colours in which text with one of these marks stands on the screen."""
    segments = [part for strip in app.screen._compositor.render_strips() for part in strip]
    styles = [part.style for part in segments if any(mark in part.text for mark in marks)]
    found = [colour for style in styles if style for colour in (style.color, style.bgcolor)]
    return {colour.name for colour in found if colour is not None and not colour.is_default}


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_a_role_has_one_colour(daemon: EmbeddedDaemon, theme: str) -> None:
    """What works, and where the reader is, in header, panels and transcript."""
    working, focus = "color(2)", "color(12)" if theme == "ansi-dark" else "color(4)"
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION, theme)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_shown(pilot, "● connected", "PLAN", "PROCESSES")
            assert colours(app, "▸ ") == colours(app, "● running") == {working}
            await pilot.press("pageup", "k")
            await until_shown(pilot, "End to follow", MARK)
            assert colours(app, MARK) == colours(app, "↓") == {focus}


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tabs(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """The strip above, with the sessions that wait or have failed."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        other_sessions(daemon, stack)
        app = app_on(daemon, "review")
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected", "waiting for you")
            for name in ("docs", SESSION):
                await app.open_session(name)
                await until_shown(pilot, "○ ended" if name == "docs" else "● connected")
            check(f"tabs-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("size", [(40, 12), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_help(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Keys in groups."""
    async with watching(daemon, size) as (_, pilot):
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys")
        check(f"help-{size[0]}x{size[1]}", await settled(pilot))


async def test_empty_fleet(daemon: EmbeddedDaemon) -> None:
    """What to type."""
    app = app_on(daemon, None, follow=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "lashtui demo")
        check("fleet-empty-80x24", await settled(pilot))
