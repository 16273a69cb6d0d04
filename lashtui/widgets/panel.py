"""A panel of the side bar: a title and rows, foldable. It takes no room with nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

INDENT = 2
"""Cells of a row's mark: its further lines are indented by them."""
MAX_ROWS = 60
"""Rows painted: beyond a screenful nobody reads a side bar; the title has the true number."""


class Panel(VerticalScroll):
    """Base of the panels. Subclasses turn a view into rows."""

    DEFAULT_CSS = """
    Panel {
        display: none;
        height: auto;
        max-height: 1fr;
        padding: 0 1;
        margin-bottom: 1;
        scrollbar-size-vertical: 1;
    }
    Panel > .panel-title { height: 1; color: $foreground 55%; text-style: bold; }
    Panel:focus > .panel-title { color: $accent; }
    Panel > .panel-rows { height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,space", "fold", "Fold", tooltip="Fold the panel", show=False, id="panel.fold"
        )
    ]

    def __init__(self) -> None:
        super().__init__()
        self.folded = False
        self._title = Static("", classes="panel-title", markup=False)
        self._rows = Static("", classes="panel-rows", markup=False)
        self._shown: list[Content] = []
        self._content = Content("")
        self._title_text = ""

    def compose(self) -> ComposeResult:
        """Title above rows."""
        yield self._title
        yield self._rows

    def show_rows(self, title: str, rows: Sequence[Content]) -> None:
        """Show these rows; with none, hide."""
        self.display = bool(rows)
        shown = list(rows[:MAX_ROWS])
        if len(rows) > MAX_ROWS:
            shown.append(Content.styled(f"… {len(rows) - MAX_ROWS} more", "$foreground 55%"))
        self._shown = shown
        self._name_it(title)
        self._wrap()

    def _name_it(self, title: str) -> None:
        text = f"{title} ▸" if self.folded else title
        if text != self._title_text:
            self._title_text = text
            self._title.update(text, layout=False)

    def action_fold(self) -> None:
        """Leave the title alone to be seen, or show the rows again."""
        title = self._title_text.removesuffix(" ▸")
        self.folded = not self.folded
        self._rows.display = not self.folded
        self._name_it(title)

    def on_click(self, event: events.Click) -> None:
        """A click on the title folds."""
        if event.widget is self._title:
            self.action_fold()

    def on_resize(self) -> None:
        """Another width, other lines. A layout asked for amid a layout would be forgotten."""
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        """Wrap the rows so that a row's further lines stand under its text, not under its mark."""
        width = self.scrollable_content_region.width
        lines: list[Content] = []
        for row in self._shown:
            first, *more = row.wrap(width - INDENT) if width > 2 * INDENT else row.split("\n")
            lines += [first, *(line.pad_left(INDENT) for line in more)]
        content = Content("\n").join(lines)
        if not content.is_same(self._content):
            self._content = content
            # A new layout costs a pass over all widgets: only when the height changes.
            self._rows.update(content, layout=len(lines) != self._rows.size.height)

    @property
    def text(self) -> str:
        """What is seen of it, as text; empty while hidden."""
        if not self.display:
            return ""
        return self._title_text if self.folded else f"{self._title_text}\n{self._content.plain}"
