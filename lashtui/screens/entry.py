"""One entry on a screen of its own: everything that it says, with search and copy of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lashd.session.rows import ViewChanges
from lashd.session.view import Entry, ReadView
from lashtui.render.entry import clock
from lashtui.sanitize import safe_line
from lashtui.screens.reading import ReadingScreen, reading_bindings
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.search_bar import SearchBar
from lashtui.widgets.transcript_reading import ReadingTranscript


class EntryScreen(ReadingScreen, ModalScreen[None]):
    """The whole of one entry; Esc leads back.

    Args:
        entry: it may go on while it is shown.
        session: the view that it is of, for the command and the name.
        cursor: gives the cursor for the command.
    """

    CSS_PATH = "entry.tcss"
    AUTO_FOCUS = "ReadingTranscript"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", key_display="Esc", id="entry.back"),
        Binding("end,G", "follow", "End", tooltip="To the end", show=False, id="entry.end"),
        *reading_bindings(
            "search",
            "next_match",
            "previous_match",
            "copy_entry",
            "copy_code",
            "copy_selection",
            "copy_command",
        ),
    ]

    def __init__(self, entry: Entry, session: ReadView, cursor: Callable[[], str | None]) -> None:
        super().__init__()
        self.entry = entry
        self._session = session
        self._cursor = cursor

    def compose(self) -> ComposeResult:
        """What it is, its text, the search."""
        yield Static("", id="entry-title", markup=False)
        yield ReadingTranscript(whole=True)
        yield SearchBar()
        yield KeyFooter()

    def on_mount(self) -> None:
        """From its beginning; one that goes on, at its live end."""
        self._show_entry()
        if self.entry.ended_at is not None or self.entry.settled:
            self.transcript.action_scroll_home()

    def _show_entry(self) -> None:
        entry = self.entry
        words = [entry.kind if entry.kind != "tool" else safe_line(entry.name or "tool", 80)]
        if entry.started_at:
            words.append(clock(entry.started_at))
        if entry.cut_chars:
            words.append(f"the first {entry.cut_chars:,} characters are gone")
        self.query_one("#entry-title", Static).update(Content(" · ".join(words)))
        shown = ReadView(self._session.session_id, entries=[entry])
        self.transcript.show_view(shown, keep_place=True)

    def read_view(self) -> ReadView | None:
        """The session that the entry is of."""
        return self._session

    def read_cursor(self) -> str | None:
        """The session's cursor."""
        return self._cursor()

    def session_changed(self, view: ReadView, changes: ViewChanges | None) -> None:
        """The session went on: the entry with it, or it is gone, and stays as it was."""
        key = self.entry.id
        if changes is None:
            found = next((entry for entry in view.entries if entry.id == key), None)
            if found is not None:
                self.entry = found
                self._show_entry()
        elif key in changes.changed:
            self.entry = changes.changed[key]
            self.transcript.apply(ViewChanges(changed={key: self.entry}))
            self.transcript_changed(None)

    def action_follow(self) -> None:
        """To the end."""
        self.transcript.follow()

    def action_back(self) -> None:
        """End the search, else go back to the session."""
        if not self.end_search():
            self.dismiss()
