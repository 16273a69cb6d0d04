"""The line in which a search or a filter is typed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message_pump import MessagePump
from textual.widgets import Input

SETTLED_WITHIN = 1.0
"""Seconds for the messages of a few keys, which need milliseconds: an app whose screen is busy for
longer reads the next key all the same."""


class QueryField(Input):
    """No key is read after Enter until the screen knows the whole query and has the focus back.

    Textual sends a key to the widget that has the focus when the key is read, and tells the screen
    of Enter later: what is typed right behind it would be a letter of the query.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # For one that was sent elsewhere, before the field had the focus.
        Binding("enter", "submit", "Done"),
        Binding("enter", "submit", "Done", priority=True),
    ]

    async def action_submit(self) -> None:
        """Keep the query."""
        await self._settle()  # letters that are still on their way belong to it
        await super().action_submit()
        await self._settle()

    async def _settle(self) -> None:
        """Wait until the keys sent here are letters, and the screen has what was said of them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN):
                for each in (self, *self.ancestors):
                    await _handled(each)  # and has told what it makes of that, to itself at first
                    await _handled(each)
                    if each is self.screen:
                        break


async def _handled(pump: MessagePump) -> None:
    """Wait until a widget has handled what it was sent."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
