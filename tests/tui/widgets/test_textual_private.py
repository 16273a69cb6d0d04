"""What we use of Textual's inside is still what we think it is."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.color import Color
from textual.scroll_view import ScrollView
from textual.widget import Widget

from lashtui.widgets.textual_private import (
    SteadyStylesheet,
    set_scroll_y,
    set_scrollbar,
    set_virtual_height,
)
from tests.tui.widgets.widget_app import HostApp


class Probe(ScrollView):
    """Counts what happens to it."""

    DEFAULT_CSS = "Probe { overflow-x: hidden; overflow-y: scroll; }"
    moves = 0

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A scroll that Textual knows of."""
        self.moves += 1


async def test_a_silent_scroll_moves_without_a_word() -> None:
    """The offset changes, the watcher is not called, later scrolls start from there."""
    probe = Probe()
    async with HostApp(probe).run_test(size=(20, 10)) as pilot:
        set_virtual_height(probe, 20, 500)
        moves = probe.moves
        set_scroll_y(probe, 123)
        await pilot.pause()
        assert (probe.scroll_offset.y, probe.moves) == (123, moves)
        probe.scroll_relative(y=2, animate=False)
        await pilot.pause()
        assert (probe.scroll_offset.y, probe.moves) == (125, moves + 1)


async def test_a_silent_height_bounds_scrolling_without_a_layout() -> None:
    """`max_scroll_y` follows, and the screen is not arranged again."""
    probe = Probe()
    async with HostApp(probe).run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        arranged = 0
        real = pilot.app.screen._refresh_layout

        def counted(*args: object, **kwargs: object) -> None:
            nonlocal arranged
            arranged += 1
            real(*args, **kwargs)  # type: ignore[arg-type]

        pilot.app.screen._refresh_layout = counted  # type: ignore[method-assign]
        set_virtual_height(probe, 20, 77)
        await pilot.pause()
        assert probe.max_scroll_y == 67
        assert arranged == 0
        assert probe.virtual_size.height == 77
        assert Widget.virtual_size is not None


async def test_the_scrollbar_is_drawn_only_when_it_looks_different() -> None:
    """A line more in ten thousand changes no eighth of a cell."""
    probe = Probe()
    async with HostApp(probe).run_test(size=(20, 10)):
        look = set_scrollbar(probe, total=10_000, window=10, position=0, look=(-1, -1, -1))
        bar = probe.vertical_scrollbar
        assert (bar.window_virtual_size, bar.window_size, bar.position) == (10_000, 10, 0)
        same = set_scrollbar(probe, total=10_001, window=10, position=1, look=look)
        assert same == look
        assert bar.window_virtual_size == 10_000
        assert set_scrollbar(probe, total=10_001, window=10, position=9000, look=same) != same
        assert bar.position == 9000


class Themed(App[None]):
    """An app with steady style sheets, and a colour of its theme in them."""

    CSS = "Screen { background: $primary; }"

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = SteadyStylesheet(self.stylesheet)


async def test_style_sheets_are_read_once_and_again_for_another_theme() -> None:
    """A refresh with the same colours reads nothing; another theme's colours are taken."""
    app = Themed()
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        read: list[object] = []
        parse = app.stylesheet._parse_rules

        def counted(css: str, *args: Any, **kwargs: Any) -> Any:
            known = len(app.stylesheet._parse_cache)
            rules = parse(css, *args, **kwargs)
            if len(app.stylesheet._parse_cache) > known:
                read.append(css)
            return rules

        app.stylesheet._parse_rules = counted  # type: ignore[method-assign]
        before = app.screen.styles.background
        app.refresh_css()
        await pilot.pause()
        assert not read
        assert app.screen.styles.background == before
        app.theme = "nord"
        await pilot.pause()
        assert app.screen.styles.background == Color.parse(app.theme_variables["primary"])
        assert app.screen.styles.background != before
        assert read
