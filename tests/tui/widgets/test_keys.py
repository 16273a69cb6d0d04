"""Which key does something now."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from lashtui.widgets.keys import key_of, useful_keys, written


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


class Field(Input):
    """A line of input with one more key."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close")]


class Typed(Screen[None]):
    """A screen that one types on, with arrows for something else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "below", "Below"),
        Binding("f9", "other", "Other", id="other"),
    ]

    def compose(self) -> ComposeResult:
        """The line, which has the focus."""
        yield Field()


class Typing(App[None]):
    """Nothing but that screen."""

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(Typed())


async def test_what_a_line_of_input_can_do_is_nobodys_question() -> None:
    """Its own keys and the screen's are; also those that it would take, and has no use for."""
    app = Typing()
    app.set_keymap({"other": "f8"})
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.focused, Field)
        keys = {found.binding.key: found.binding.action for found in useful_keys(app.screen)}
    assert (keys["down"], keys["f8"], keys["escape"]) == ("below", "other", "close")
    assert not {"home", "end", "ctrl+x", "ctrl+v", "left", "up", "ctrl+a"} & set(keys)


@pytest.mark.parametrize(
    ("key", "as_written"), [("f2", "F2"), ("home", "Home"), ("a", "a"), ("^a", "^a"), ("⏎", "⏎")]
)
def test_keys_as_they_stand_on_a_keyboard(key: str, as_written: str) -> None:
    """In the help and in the palette alike."""
    assert written(key) == as_written
