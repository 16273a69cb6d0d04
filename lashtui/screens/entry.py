"""One entry on its own screen: everything that it says, with its own search and copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lashd.clock import now_ms
from lashd.view import Entry, ReadView, ViewChanges
from lashtui.feed.state import FeedState
from lashtui.reading.search import Match
from lashtui.reading.source import entry_name
from lashtui.reading.taste import Taste
from lashtui.saved.session_key import SessionKey
from lashtui.screens.moves import MOVES
from lashtui.screens.paint_screen import NEXT_NEEDS_YOU
from lashtui.screens.reading import ReadingScreen, reading_bindings
from lashtui.text.awaited import Known
from lashtui.text.format import clock
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.search_bar import SearchBar
from lashtui.widgets.session_header import SessionHeader
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.transcript.transcript import Transcript

_KINDS = {"tool": "call", "error": "entry"}


class EntryScreen(ReadingScreen, ModalScreen[None]):
    """The whole of one entry; Esc leads back.

    Args:
        entry: it may grow while it is shown.
        session: the view that it belongs to, for the command and the name.
        key: the session.
        cursor: gives the cursor for the command.
        found: the open search, which continues here, and the match that it is at.
        taste: how the person likes to read.
    """

    CSS_PATH = "entry.tcss"
    AUTO_FOCUS = "Transcript"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", key_display="Esc", id="entry.back"),
        Binding("end,G", "follow", "End", tooltip="End", show=False, id="entry.end"),
        # The app's own keys don't reach a dialog.
        Binding("question_mark,f1", "app.help_always", "Help", key_display="?", id="entry.help"),
        NEXT_NEEDS_YOU,
        *MOVES,
        *reading_bindings(
            "search",
            "next_match",
            "previous_match",
            "copy_entry",
            "copy_code",
            "copy_selection",
            "copy_command",
            "links",
            "toggle_columns",
        ),
    ]

    def __init__(
        self,
        entry: Entry,
        session: ReadView,
        key: SessionKey,
        cursor: Callable[[], str | None],
        *,
        found: tuple[str, Match | None] = ("", None),
        taste: Taste | None = None,
    ) -> None:
        super().__init__(taste)
        self._found = found
        self._fate = ""
        """What became of the entry, if it is not in the session any more."""
        self.entry = entry
        self._session, self._session_key = session, key
        self._cursor = cursor
        self._heard_at: int | None = None
        """When the daemon was last heard of, in Unix milliseconds; None while it answers."""

    def _then_ms(self) -> int:
        return now_ms() if self._heard_at is None else self._heard_at

    def compose(self) -> ComposeResult:
        """The session, the entry's title and text, the search, the connection."""
        yield SessionHeader()
        yield Static("", id="entry-title", markup=False)
        yield Transcript(whole=True, now_ms=self._then_ms)
        yield SearchBar()
        yield StatusLine()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show it from its beginning; one that is still growing, at its live end."""
        self._show_entry()
        text, match = self._found
        if text:
            self.call_after_refresh(self.continue_search, text, match)
        elif self.entry.ended_at is not None or self.entry.settled:
            self.transcript.action_scroll_home()

    def show_session_state(self, state: FeedState, now_ms: int, known: Known | None = None) -> None:
        """The session's name and state, and the connection, stay in sight."""
        stale_for = state.connection.stale_for
        self._heard_at = None if stale_for is None else now_ms - round(stale_for * 1000)
        header = self.query_one(SessionHeader)
        header.show_session(
            self._session_key.shown, state.view, now_ms, stale_for=stale_for, known=known
        )
        self.query_one(StatusLine).show_state(state, following=True, unread=0, now_ms=now_ms)

    def _show_entry(self) -> None:
        entry = self.entry
        # Its first line says what it is called.
        words = [_KINDS.get(entry.kind) or entry_name(entry)]
        if entry.started_at:
            words.append(clock(entry.started_at))
        if self._fate:
            words.append(self._fate)
        if entry.cut_chars:
            words.append(f"the first {entry.cut_chars:,} characters are gone")
        self.query_one("#entry-title", Static).update(Content(" · ".join(words)))
        shown = ReadView(self._session.session_id, entries=[entry])
        self.transcript.show_view(shown, keep_place=True)

    def read_view(self) -> ReadView | None:
        """The view that the entry belongs to."""
        return self._session

    def read_key(self) -> SessionKey:
        """The session that the entry belongs to."""
        return self._session_key

    def read_cursor(self) -> str | None:
        """The session's cursor."""
        return self._cursor()

    def session_changed(self, view: ReadView, changes: ViewChanges | None) -> None:
        """The session continued: show the entry as it is now, or what became of it."""
        key = self.entry.id
        if changes is None:
            found = next((entry for entry in view.entries if entry.id == key), None)
            if found is None:
                self._end("no longer in the session")
            else:
                self.entry, self._fate = found, ""
                self._show_entry()
        elif key in changes.removed:
            self._end("withdrawn by the agent")
        elif key in changes.changed:
            self.entry = changes.changed[key]
            self.transcript.apply(ViewChanges(changed={key: self.entry}))
            self.transcript_changed(None)

    def _end(self, fate: str) -> None:
        """The entry will not change any more: keep showing it, with what became of it."""
        if not self._fate:
            self.entry, self._fate = msgspec.structs.replace(self.entry, settled=True), fate
            self._show_entry()

    def action_follow(self) -> None:
        """Go to the end."""
        self.transcript.follow()

    def action_back(self) -> None:
        """End the search, else go back to the session."""
        if not self.end_search():
            self.dismiss()
