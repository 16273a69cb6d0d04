"""The search line, and the line that describes a filter. Each shows only while in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from lashtui.reading.search import MAX_QUERY
from lashtui.widgets.keys import key_of
from lashtui.widgets.query_field import QueryField


class SearchField(QueryField):
    """Where the query is typed. Some of its keys do other things in an Input."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Cancel"),
        Binding("down", "step(1)", "Next"),
        Binding("up", "step(-1)", "Previous"),
    ]

    def action_step(self, by: int) -> None:
        """Go to the next or previous match while typing."""
        self.post_message(SearchBar.Step(by))

    def action_close(self) -> None:
        """Cancel the search."""
        self.post_message(SearchBar.Closed())


class SearchBar(Horizontal):
    """The query, and how many matches there are."""

    DEFAULT_CSS = """
    SearchBar { display: none; height: 1; padding: 0 1; background: $foreground 6%; }
    SearchBar.-open { display: block; }
    SearchBar > #search-mark { width: 2; color: $accent; }
    SearchBar > Input {
        width: 1fr; height: 1; border: none; padding: 0; background: transparent;
    }
    SearchBar > Input:focus { border: none; background-tint: $foreground 0%; }
    SearchBar > #search-count { width: auto; padding-left: 2; color: $foreground 70%; }
    """

    @dataclass
    class Changed(Message):
        """The query has changed."""

        text: str

    @dataclass
    class Step(Message):
        """Go to the next or previous match."""

        by: int

    class Accepted(Message):
        """The query is complete: keys go to the transcript again."""

    class Closed(Message):
        """The search was cancelled."""

    @property
    def is_open(self) -> bool:
        """Whether a search is open."""
        return self.has_class("-open")

    @property
    def query_text(self) -> str:
        """The query as typed."""
        return self.query_one(Input).value

    def compose(self) -> ComposeResult:
        """A mark, the query, the count."""
        yield Static("/", id="search-mark", markup=False)
        yield SearchField(placeholder="search", max_length=MAX_QUERY, id="search-input")
        yield Static("", id="search-count", markup=False)

    def open(self) -> None:
        """Show it, ready to type, with the last query selected."""
        self.add_class("-open")
        field = self.query_one(Input)
        # At once: the next key may have arrived already.
        self.screen.set_focus(field)
        field.action_select_all()

    def take_over(self, text: str) -> None:
        """Show it with a query from another screen."""
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        self.add_class("-open")

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def show_count(self, text: str) -> None:
        """Show which match of how many the reader is at."""
        self.query_one("#search-count", Static).update(Content(text))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Accepted())


class FilterLine(Static):
    """Says what a filter shows, so that nobody mistakes it for everything."""

    DEFAULT_CSS = """
    FilterLine {
        display: none; height: 1; padding: 0 1; color: $foreground 70%;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._shown = ""

    @property
    def text(self) -> str:
        """Its text; empty while everything is shown."""
        return self._shown

    def show_filter(self, words: str, shown: int, known: int) -> None:
        """Describe a filter; empty `words` for none. A narrow line keeps the counts."""
        text = f"{shown:,} of {known:,} entries · {words}" if words else ""
        if text:
            text += f" · {key_of(self, 'filter', 'f')} to change"
        if text == self._shown:
            return
        self._shown = text
        self.display = bool(text)
        self.update(Content(text))
