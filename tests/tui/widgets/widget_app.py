"""An app that holds one widget, to see it drawn."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widget import Widget


class HostApp(App[None]):
    """Shows `widget` alone."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self._widget = widget

    def compose(self) -> ComposeResult:
        """The widget."""
        yield self._widget
