"""The help screen: every key that it was given, closed by the keys a person would try."""

from __future__ import annotations

import pytest
from textual.app import App

from lashtui.screens.help import HelpScreen
from tests.tui.screen_text import screen_text


class HelpApp(App[None]):
    """Nothing but the help."""

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(HelpScreen([("q", "Detach"), ("End", "Back to [live]")]))


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
async def test_it_lists_the_keys_and_closes(key: str) -> None:
    """Keys and their text stand there, brackets and all; escape, q and ? close it."""
    app = HelpApp()
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        assert "Detach" in shown
        assert "Back to [live]" in shown

        await pilot.press(key)
        assert not isinstance(app.screen, HelpScreen)
