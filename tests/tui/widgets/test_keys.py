"""Which key does something now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import Static

from lashtui.widgets.keys import key_of


class Bound(App[None]):
    """An app with keys: one that is shown, one for habit, and one that can be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "leave", show=False),
        Binding("x", "leave", "Leave", id="leave"),
        Binding("b", "side", "Side", id="side"),
    ]


async def test_it_is_the_shown_key_or_the_users_own() -> None:
    """As the footer writes it; without one, what was asked for."""
    app = Bound()
    app.set_keymap({"side": "question_mark"})
    async with app.run_test():
        widget = app.screen
        assert key_of(widget, "leave") == "x"
        assert key_of(widget, "side") == "?"
        assert key_of(widget, "nothing", "z") == "z"
    assert key_of(Static(""), "leave", "q") == "q", "before there is a screen"
