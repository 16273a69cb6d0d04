"""An app of Textual's that shows one label: what a start costs before there is anything of ours.

It imports Textual, the label and nothing else, or the difference to it would be too small.
"""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """A label."""

    def compose(self) -> ComposeResult:
        """The label is all."""
        yield Static("READY")


if __name__ == "__main__":
    EmptyApp().run()
