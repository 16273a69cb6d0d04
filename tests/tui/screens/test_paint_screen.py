"""The screen that paints less: only what changed is drawn, and nothing is left unpainted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from lashtui.screens.paint_screen import BlankVertical, PaintScreen
from lashtui.widgets.textual_private import LineView, NarrowCompositor
from tests.tui.screen_text import screen_text


class Lines(LineView):
    """Shows `shown`, and remembers which rows were drawn for the compositor."""

    DEFAULT_CSS = "Lines { height: 1fr; overflow-x: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.shown = [Strip.blank(20)] * 20
        self.painted: list[Region] = []

    def say(self, number: int, text: str) -> None:
        """Another line."""
        self.shown[number] = Strip([Segment(text.ljust(20))], 20)
        self.refresh()

    def draw_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`."""
        return self.shown[crop.y : crop.bottom]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Remember."""
        self.painted.append(crop)
        return super().render_lines(crop)


class Top(Static):
    """Counts how often it is drawn."""

    drawn = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Count."""
        self.drawn += 1
        return super().render_lines(crop)


class Painted(PaintScreen):
    """A line above lines."""

    def compose(self) -> ComposeResult:
        """Both in a container."""
        with BlankVertical():
            yield Top("top")
            yield Lines()


class QuickApp(App[None]):
    """Shows the screen."""

    def get_default_screen(self) -> Screen[None]:
        """The one under test."""
        return Painted()


async def _look(pilot: Pilot[None], lines: Lines) -> None:
    """The first look finds nothing known, and paints all."""
    lines.refresh()
    await pilot.pause()
    lines.painted.clear()


async def test_a_changed_line_alone_is_drawn() -> None:
    """Neither the line's neighbours nor the widgets around them are drawn again."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        lines, top = app.screen.query_one(Lines), app.screen.query_one(Top)
        await _look(pilot, lines)
        top.drawn = 0
        lines.say(3, "three")
        await pilot.pause()
        assert (lines.painted, top.drawn) == ([Region(0, 3, 20, 1)], 0)
        assert "three" in screen_text(app).splitlines()[4]


async def test_a_look_at_the_same_lines_paints_nothing() -> None:
    """Asking for a repaint where nothing differs costs no output."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        lines = app.screen.query_one(Lines)
        await _look(pilot, lines)
        lines.refresh()
        await pilot.pause()
        assert lines.painted == []


async def test_a_line_painted_for_another_reason_is_not_taken_for_the_old_one() -> None:
    """A line that changed while all was painted, and back again, is painted both times."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        lines = app.screen.query_one(Lines)
        before = lines.shown[2]
        lines.say(2, "other")
        app.screen.refresh()
        await pilot.pause()
        lines.shown[2] = before
        assert Region(0, 2, 20, 1) in lines.changed_lines()


async def test_a_resize_reaches_a_view_that_changed_in_the_same_moment() -> None:
    """Lines are drawn after the layout: before it, asking for a place would hide the new size."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        lines, top = app.screen.query_one(Lines), app.screen.query_one(Top)
        assert lines.size.height == 9
        lines.say(0, "now")
        top.update("one\ntwo")
        await pilot.pause()
        assert lines.size.height == 8
        assert [line.strip() for line in screen_text(app).splitlines()][:3] == ["one", "two", "now"]


async def test_what_lies_under_another_screen_goes_on() -> None:
    """Under a screen that lets it be seen through, lines still change."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        lines = app.screen.query_one(Lines)
        quick = app.screen
        app.push_screen(Screen())
        await pilot.pause()
        lines.say(1, "beneath")
        await pilot.pause()
        app.pop_screen()
        await pilot.pause()
        assert app.screen is quick
        assert "beneath" in screen_text(app)


class Layered(PaintScreen):
    """Widgets beside, within and over each other."""

    DEFAULT_CSS = """
    Layered { layers: below above; }
    Layered #side { width: 12; overflow-y: scroll; }
    Layered #over { layer: above; width: 9; height: 3; offset: 5 2; }
    Layered #foot { dock: bottom; height: 1; }
    """

    def compose(self) -> ComposeResult:
        """Lines, a side that scrolls, something over both, a footer."""
        with Horizontal():
            yield Lines()
            with VerticalScroll(id="side"):
                for number in range(20):
                    yield Static(f"side {number}")
        yield Static("over\neach\nother", id="over")
        yield Static("foot", id="foot")


@asynccontextmanager
async def layered() -> AsyncIterator[tuple[App[None], Layered]]:
    """That screen with something wide on it."""
    app: App[None] = App()
    async with app.run_test(size=(40, 12)) as pilot:
        screen = Layered()
        await app.push_screen(screen)
        screen.query_one(Lines).say(3, "漢字 wide")
        await pilot.pause()
        yield app, screen


async def test_what_is_pieced_together_is_what_textual_would() -> None:
    """Whole and in part: the same text in the same style on each line that is painted."""
    async with layered() as (_, screen):
        ours = screen._compositor
        theirs = Compositor()
        theirs.reflow(screen, screen.size)
        for crop in (screen.region, Region(0, 3, 28, 1), Region(0, 2, 40, 5), Region(30, 0, 3, 9)):
            rows = range(crop.y, crop.bottom)
            mine = ours._render_chops(crop, rows.__contains__)
            other = theirs._render_chops(crop, rows.__contains__)
            for y in rows:
                for (x, piece), (at, wanted) in zip(mine[y].items(), other[y].items(), strict=True):
                    assert x == at
                    # What is beside the change is not painted, and need not be drawn.
                    if crop.x <= x < crop.right:
                        assert piece == wanted


async def test_what_lies_between_two_changes_is_not_drawn() -> None:
    """A line at the top and one at the bottom: the widgets between them, and beneath, stay."""
    app = QuickApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        lines, top = app.screen.query_one(Lines), app.screen.query_one(Top)
        await _look(pilot, lines)
        top.drawn = 0
        compositor = app.screen._compositor
        compositor._dirty_regions = {Region(0, 0, 20, 1), Region(0, 9, 20, 1)}
        assert compositor.render_partial_update() is not None
        assert (lines.painted, top.drawn) == ([Region(0, 8, 20, 1)], 1)


async def test_what_is_written_is_what_textual_would() -> None:
    """To the character, for spans of every kind."""
    async with layered() as (app, screen):
        for spans in (
            [(3, 0, 28)],
            [(2, 0, 40), (3, 4, 9), (7, 30, 33)],
            [(11, 3, 4), (11, 9, 12)],
        ):
            ours = NarrowCompositor()
            ours.reflow(screen, screen.size)
            dirty = {Region(x, y, end - x, 1) for y, x, end in spans}
            ours._dirty_regions = set(dirty)
            update = ours.render_partial_update()
            assert update is not None
            theirs = Compositor()
            theirs.reflow(screen, screen.size)
            theirs._dirty_regions = set(dirty)
            textuals = theirs.render_partial_update()
            assert textuals is not None
            # Where a change ends Textual moves the cursor once more, for nothing.
            move = "\x1b\\[[0-9]+;[0-9]+H"
            written = textuals.render_segments(app.console)
            wanted = re.sub(f"{move}(?={move}|\n|$)", "", written)
            assert update.render_segments(app.console) == wanted
            assert re.findall(move, wanted)
