"""The filter's menu."""

from __future__ import annotations

from textual.app import App

from lashtui.reading.filters import KindFilter
from lashtui.screens.filter import FilterScreen
from tests.tui.screen_text import screen_text


async def test_each_choice_is_told_at_once() -> None:
    """Toggled, only one, all; at 40x12 everything is in view, the way out too."""
    chosen: list[KindFilter | None] = []
    app: App[None] = App()
    async with app.run_test(size=(40, 12)) as pilot:
        await app.push_screen(FilterScreen(None, chosen.append))
        await pilot.pause()
        assert "o only" in screen_text(app)
        assert "esc close" in screen_text(app)
        await pilot.press("space")
        await pilot.pause()
        assert chosen[-1] is not None
        assert "user" not in chosen[-1].chosen
        await pilot.press("down", "o")
        await pilot.pause()
        assert chosen[-1] is not None
        assert chosen[-1].chosen == {"prose"}
        await pilot.press("a")
        await pilot.pause()
        assert chosen[-1] is None
        await pilot.press("escape")
        assert not isinstance(app.screen, FilterScreen)


async def test_what_is_shown_is_told_by_mark_and_word() -> None:
    """No colour is needed to see which kinds are hidden; the last one can be hidden too."""
    chosen: list[KindFilter | None] = []
    app: App[None] = App()
    async with app.run_test(size=(40, 12)) as pilot:
        await app.push_screen(FilterScreen(KindFilter(frozenset({"prose"})), chosen.append))
        await pilot.pause()
        lines = [" ".join(line.split()) for line in screen_text(app).splitlines()]
        assert "✓ prose shown" in lines
        assert "· tool calls hidden" in lines
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "✓" not in screen_text(app)
        assert chosen == [KindFilter(frozenset())]
