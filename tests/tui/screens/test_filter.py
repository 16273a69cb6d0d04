"""The filter's menu."""

from __future__ import annotations

from textual.app import App

from lashtui.reading.filters import KindFilter
from lashtui.screens.filter import FilterScreen
from tests.tui.screen_text import screen_text


async def test_each_choice_is_told_at_once() -> None:
    """Toggled, only one, all; at 40x12 everything is in view."""
    told: list[KindFilter | None] = []
    app: App[None] = App()
    async with app.run_test(size=(40, 12)) as pilot:
        await app.push_screen(FilterScreen(None, told.append))
        await pilot.pause()
        assert "o only" in screen_text(app)
        await pilot.press("space")
        await pilot.pause()
        assert told[-1] is not None
        assert "user" not in told[-1].chosen
        await pilot.press("down", "o")
        await pilot.pause()
        assert told[-1] is not None
        assert told[-1].chosen == {"prose"}
        await pilot.press("a")
        await pilot.pause()
        assert told[-1] is None
        await pilot.press("escape")
        assert not isinstance(app.screen, FilterScreen)
