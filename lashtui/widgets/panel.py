"""A panel of the side bar: a title and rows. It takes no room while it has nothing to show."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
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

    def __init__(self) -> None:
        super().__init__()
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
        if title != self._title_text:
            self._title_text = title
            self._title.update(title, layout=False)
        self._shown = shown
        self._wrap()

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
        """Title and rows as text; empty while hidden."""
        return f"{self._title_text}\n{self._content.plain}" if self.display else ""
