"""What the dialogs with a list have in common."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from lashtui.app.themed import ThemedApp
from lashtui.screens.list_dialog import ListDialog, keys_content


class Dialog(ListDialog):
    """A list of three."""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield OptionList("one", "two", "three")
            yield Static(keys_content((("a", "all"),)))


@pytest.mark.parametrize("theme", ["lashtui-dark", "ansi-dark"])
async def test_the_cursor_is_seen_in_every_theme(theme: str) -> None:
    """By its ground, where colours are the terminal's own too: Textual reverses no option."""
    app = ThemedApp[None]()
    async with app.run_test(size=(30, 12)) as pilot:
        app.theme = theme
        await app.push_screen(Dialog())
        await pilot.press("down")
        await pilot.pause()
        looks = {
            part.text.strip(): part.style
            for strip in app.screen._compositor.render_strips()
            for part in strip
            if part.text.strip() in ("one", "two")
        }
        one, two = looks["one"], looks["two"]
        assert one is not None
        assert two is not None
        assert two.bgcolor != one.bgcolor
        assert two.bold


def test_the_keys() -> None:
    """Each with what it does."""
    assert keys_content((("a", "all"), ("esc", "close"))).plain == "a all  esc close"
