"""The links and lines of files of an entry, as a list: nothing is opened without a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from lashtui.reading.references import Reference
from lashtui.screens.list_dialog import ListDialog, keys_content
from lashtui.screens.paint_screen import NEXT_NEEDS_YOU
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line

KEYS = (("⏎", "open"), ("c", "copy"), ("esc", "close"))


class LinksScreen(ListDialog):
    """A list to choose from.

    Args:
        found: what is listed.
        open_it: called with what was chosen, once the list is closed.
        copy: called with what is to be copied, likewise.
    """

    DEFAULT_CSS = """
    LinksScreen > Vertical { width: 90%; max-width: 100; max-height: 90%; }
    LinksScreen.-low > Vertical { padding: 0 1; width: 100%; max-height: 100%; }
    LinksScreen OptionList { max-height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,u,q", "dismiss", "Close"),
        Binding("c,y", "copy", "Copy"),
        Binding("j", "move('cursor_down')", "Down", show=False),
        Binding("k", "move('cursor_up')", "Up", show=False),
        Binding("g", "move('first')", "First", show=False),
        Binding("G", "move('last')", "Last", show=False),
        NEXT_NEEDS_YOU,
    ]

    def __init__(
        self,
        found: Sequence[Reference],
        open_it: Callable[[Reference], None],
        copy: Callable[[Reference], None],
    ) -> None:
        super().__init__()
        self._found = found
        self._open_it = open_it
        self._copy = copy

    def compose(self) -> ComposeResult:
        """How many there are, each in a line, and the keys."""
        with Vertical():
            yield Static(plural(len(self._found), "link"), markup=False)
            yield OptionList(*(safe_line(each.text) for each in self._found), markup=False)
            yield Static(keys_content(KEYS), markup=False)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss()
        self._open_it(self._found[event.option_index])

    def action_copy(self) -> None:
        """Copy the one under the cursor."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss()
            self._copy(self._found[at])

    async def action_move(self, action: str) -> None:
        """Move the list's cursor."""
        await self.query_one(OptionList).run_action(action)
