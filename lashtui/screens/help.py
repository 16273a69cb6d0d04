"""The help screen: every key of the screen under it, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """Keys and what they do; any of escape, q and ? closes it.

    Args:
        keys: (key, what it does), in the order to be shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,question_mark", "dismiss", "Close")]

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One line a key."""
        width = max((len(key) for key, _ in self._keys), default=0)
        lines = [
            Content.assemble((f"{key:<{width}}", "bold $accent"), "  ", text)
            for key, text in self._keys
        ]
        with VerticalScroll(id="help"):
            yield Static(Content.styled("Keys", "bold"), markup=False)
            yield Static("")
            yield Static(Content("\n").join(lines), markup=False)
