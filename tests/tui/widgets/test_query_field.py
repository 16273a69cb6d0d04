"""The line in which a search or a filter is typed."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from lashtui.app.typeahead import TypeaheadApp
from lashtui.widgets import query_field
from lashtui.widgets.query_field import QueryField
from tests.tui.screen_text import until
from tests.waiting import wait_until_async


class Found(Widget, can_focus=True):
    """What is searched."""


class Searching(Screen[None]):
    """A field and what it searches; notes what the keys did."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "next", "Next")]

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.busy: asyncio.Event | None = None

    def compose(self) -> ComposeResult:
        """The field comes first, and has the focus."""
        yield QueryField()
        yield Found()

    @on(Input.Changed)
    async def _changed(self, message: Input.Changed) -> None:
        if self.busy is not None:
            await self.busy.wait()
        self.done.append(message.value)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        self.done.append(f"look for {message.value}")
        self.set_focus(self.query_one(Found))

    def action_next(self) -> None:
        """What comes after a search."""
        self.done.append("next")


def type_at_once(app: TypeaheadApp[None], text: str) -> None:
    """All of it before the app has read any."""
    for character in text:
        app.post_message(Key("enter" if character == "\r" else character, character))


async def test_enter_is_done_before_the_next_key_is_read() -> None:
    """The screen has the whole query, and the focus is where it put it."""
    app, screen = TypeaheadApp[None](), Searching()
    async with app.run_test() as pilot:
        await app.push_screen(screen)
        type_at_once(app, "one\rn")
        await until(pilot, lambda: "next" in screen.done)
    assert screen.done == ["o", "on", "one", "look for one", "next"]


async def test_a_screen_that_is_busy_is_not_waited_for_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The app goes on reading keys, and nothing is lost."""
    monkeypatch.setattr(query_field, "SETTLED_WITHIN", 0.01)
    app, screen = TypeaheadApp[None](), Searching()
    async with app.run_test() as pilot:
        await app.push_screen(screen)
        screen.busy = asyncio.Event()
        type_at_once(app, "one\rx")
        field = screen.query_one(QueryField)
        await wait_until_async(lambda: field.value == "onex")
        screen.busy.set()
        await until(pilot, lambda: "look for one" in screen.done)
