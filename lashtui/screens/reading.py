"""A screen with a transcript and the keys to read it: search, filter, jumps, folds, copies, export.

The session screen and the screen of one entry are such screens.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from lashd.view import ReadView, ViewChanges
from lashtui.feed.state import FeedState
from lashtui.process.clipboards import ways_to_copy
from lashtui.process.tools import copy_by, start_tool
from lashtui.reading.actions import actions_with_keys
from lashtui.reading.copying import (
    attach_command,
    bounded,
    call_part,
    code_blocks,
    copied_message,
    entry_text,
)
from lashtui.reading.export import file_name, markdown
from lashtui.reading.filters import KindFilter
from lashtui.reading.jumps import NOUNS
from lashtui.reading.references import Reference, references
from lashtui.reading.search import Match, Query, Search
from lashtui.reading.taste import Taste
from lashtui.render.entry import COLUMNS_FROM
from lashtui.saved.atomic import write_new_file
from lashtui.saved.session_key import SessionKey
from lashtui.screens.opening import way_to_open
from lashtui.screens.paint_screen import PaintScreen
from lashtui.text.awaited import Known, is_question
from lashtui.text.sanitize import safe_line
from lashtui.widgets.keys import key_of
from lashtui.widgets.search_bar import FilterLine, SearchBar
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.transcript.transcript import Transcript
from lashtui.widgets.transcript.viewport import HeldPlace

COLUMNS = COLUMNS_FROM + 3
"""Of a transcript in which changes may stand side by side: its margins and scrollbar included."""
REFRESH: float = 0.25
"""Seconds between two counts of the matches while text streams: each looks at all of it."""


def reading_bindings(*names: str) -> list[BindingType]:
    """The bindings of the reader's actions, or of those with these names of Textual's."""
    bindings: list[BindingType] = [
        Binding(
            action.keys,
            action.action,
            action.label or action.name,
            tooltip=action.help,
            show=bool(action.label),
            id=action.key_id,
        )
        for action in actions_with_keys(*names)
    ]
    bindings.append(Binding("escape", "end_search", "End search"))
    if not names:
        bindings.append(Binding("escape", "clear_selection", "Clear the selection", show=False))
    return bindings


class ReadingScreen(PaintScreen):
    """Base of the screens that have a Transcript, a SearchBar, and perhaps a FilterLine."""

    @dataclass
    class EditWanted(Message):
        """A person has chosen a line of a file: the editor is to have the terminal."""

        argv: tuple[str, ...]

    def __init__(self, taste: Taste | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.taste = taste or Taste()
        self.elsewhere = ""
        """The agent's machine, if it is known to be another one."""
        self._search = Search()
        self._match: Match | None = None
        self._origin: str | None = None
        self._onwards = 1
        self._note = ""
        self._recount_due = False
        self._copied: str | None = None
        """Id of the call whose output was copied last."""
        self._copied_block: tuple[str, int] | None = None
        """Id of the entry whose code block was copied last, and which of its blocks that was."""
        self._began: HeldPlace | None = None
        """Where the view was held when the search began; None: it followed."""
        self.kind_filter: KindFilter | None = None

    # -- what the screen is asked ------------------------------------------------------------------

    def read_view(self) -> ReadView | None:
        """The view that the transcript shows."""
        raise NotImplementedError

    def read_cursor(self) -> str | None:
        """The cursor up to which the transcript goes."""
        return None

    def read_key(self) -> SessionKey:
        """The session of the view."""
        raise NotImplementedError

    def show_session_state(self, state: FeedState, now_ms: int, known: Known | None = None) -> None:
        """Show what this screen shows of the session's state: called whenever that is shown."""

    def session_changed(self, view: ReadView, changes: ViewChanges | None) -> None:
        """The session's screen, perhaps under this one, was given changes (None: a new view)."""

    @property
    def transcript(self) -> Transcript:
        """The transcript."""
        return self.query_one(Transcript)

    def on_mount(self) -> None:
        """Show it as the reader likes it."""
        self.transcript.show_columns(self.taste.side_by_side)

    def on_screen_resume(self) -> None:
        """Another screen may have changed how they like it."""
        for transcript in self.query(Transcript):  # none if it comes before its widgets are there
            transcript.show_columns(self.taste.side_by_side)

    def transcript_changed(self, changes: ViewChanges | None) -> None:
        """The transcript was given changes (None: a new view): count again in a moment."""
        counts = self.kind_filter is not None or self.query_one(SearchBar).is_open
        if counts and not self._recount_due:
            self._recount_due = True
            self.set_timer(REFRESH, self._recount)

    def action_to_top(self) -> None:
        """To the first line."""
        self.transcript.action_scroll_home()

    def action_by_pages(self, pages: float) -> None:
        """Move down by so many pages, or up; a whole one keeps a line in sight."""
        self.transcript.move_by_pages(pages)

    def action_by_lines(self, lines: int) -> None:
        """Move down by so many lines, or up."""
        self.transcript.move(lines)

    def action_set_fold(self, folded: bool) -> None:
        """Fold the current entry, or unfold it."""
        self.transcript.fold_current(folded=folded)

    def _show_note(self, text: str) -> None:
        """Say what was done, or why not, in the status line, where it covers nothing."""
        for line in self.query(StatusLine):
            line.show_note(text)

    def on_key(self) -> None:
        """A note about another key doesn't answer this one."""
        for line in self.query(StatusLine):
            line.clear_note()

    def _key(self, action: str) -> str:
        return key_of(self, action, "?")

    # -- search --------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Begin, or change, a search."""
        current = self.transcript.current
        self._origin = current.id if current is not None else None
        # At the live end nothing comes after: the newest match is the nearest.
        self._onwards = -1 if self.transcript.following else 1
        # Prepare the entries' text now, before the first key must be answered.
        self._search.update(Query(""), self.transcript.entries())
        self._began = self.transcript.place()
        # Nothing moves before the next key: the last query is there to be accepted or replaced.
        self.query_one(SearchBar).open()
        self.refresh_bindings()

    @on(SearchBar.Changed)
    def _query_changed(self, message: SearchBar.Changed) -> None:
        self._look(message.text)

    def _look(self, text: str) -> None:
        query = Query(text)
        self._search.update(query, self.transcript.entries())
        self.transcript.highlight(query, self._search.found_in)
        self._match = None
        self._show(self._search.step(None, self._onwards, start=self._origin))

    def _look_again(self) -> None:
        """Look through the entries as they are now."""
        self._search.update(self._search.query, self.transcript.entries())
        self.transcript.found_in(self._search.found_in)

    def _recount(self) -> None:
        self._recount_due = False
        if self.kind_filter is not None:
            self._show_filter()
        if self.query_one(SearchBar).is_open:
            self._look_again()
            self._show_count()

    @property
    def found(self) -> tuple[str, Match | None]:
        """The query of the open search, and the match that the reader is at."""
        bar = self.query_one(SearchBar)
        return (bar.query_text if bar.is_open else "", self._match)

    def continue_search(self, text: str, match: Match | None) -> None:
        """Take over a search that another screen began, at its match."""
        self.query_one(SearchBar).take_over(text)
        query = Query(text)
        self._search.update(query, self.transcript.entries())
        self.transcript.highlight(query, self._search.found_in)
        self._show(match)
        self.transcript.focus()
        self.refresh_bindings()

    def _step(self, by: int) -> None:
        self._look_again()
        start = self._origin if self._match is None else None
        self._show(self._search.step(self._match, by, start=start))

    def _show(self, match: Match | None) -> None:
        self._note = ""
        if match is not None:
            if self._search.wrapped:
                self._note = "wrapped · "
            drawn = self.transcript.show_match(match, self._search.count_in(match.key))
            if not drawn:
                self._note += "folded, Enter opens it · "
        self._match = match
        self._show_count()

    def _show_count(self) -> None:
        search = self._search
        if search.query.pattern is None:
            text = ""
        elif not search.total:
            text = "no match"
        else:
            at = search.position(self._match) if self._match is not None else 0
            text = f"{self._note}{at:,} of {search.total:,}"
        self.query_one(SearchBar).show_count(text)

    @on(SearchBar.Step)
    def _bar_step(self, message: SearchBar.Step) -> None:
        self._step(message.by)

    @on(SearchBar.Accepted)
    def _accepted(self) -> None:
        text = self.query_one(SearchBar).query_text
        if self._match is None and text:
            self._look(text)
        self.set_focus(self.transcript)  # at once, as the next key may have arrived already
        self.refresh_bindings()

    @on(SearchBar.Closed)
    def _search_closed(self) -> None:
        """Cancelled while typing: as if it had not begun."""
        self.transcript.fold_found()
        self.end_search()
        self.transcript.restore_place(self._began)

    def end_search(self) -> bool:
        """End the search; False if there was none."""
        bar = self.query_one(SearchBar)
        if not bar.is_open:
            return False
        bar.close()
        self._match = None
        self._search = Search()  # the old one holds the text of all entries
        self.transcript.highlight(None)
        self.transcript.focus()
        self.refresh_bindings()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What esc does depends on what there is to end."""
        if action == "end_search":
            return self._is_searching
        if action == "clear_selection":
            return bool(self.selections)
        return super().check_action(action, parameters)

    @property
    def _is_searching(self) -> bool:
        return self.is_mounted and self.query_one(SearchBar).is_open

    def has_use(self, action: str) -> bool:
        """Whether an action would do something now; its key else says why it doesn't."""
        if action in ("previous_match", "next_match"):
            return self._is_searching or (action == "next_match" and self.has_unread)
        if action == "toggle_columns":
            return self.transcript.has_room_for_columns
        return True

    @property
    def has_unread(self) -> bool:
        """Whether there is something to go to that is new since the reader left."""
        return False

    def action_next_match(self) -> None:
        """Go to the next match, or without a search to what is new."""
        if self._is_searching:
            self._step(1)
        elif self.has_unread:
            self.action_go_to_new()
        else:
            self._say_no_search()

    def action_previous_match(self) -> None:
        """Go to the previous match."""
        if self._is_searching:
            self._step(-1)
        else:
            self._say_no_search()

    def _say_no_search(self) -> None:
        self._show_note(f"no search yet: {self._key('search')} begins one")

    def action_go_to_new(self) -> None:
        """Go to where the reader left the session last time."""
        if not self.transcript.go_to_new():
            self._show_note("nothing is new since you left")

    def action_end_search(self) -> None:
        """End the search; what it has found stays in view."""
        self.end_search()

    def action_clear_selection(self) -> None:
        """Drop the selection."""
        self.clear_selection()

    # -- filter --------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Choose which kinds are shown."""
        from lashtui.screens.filter import FilterScreen

        self.app.push_screen(FilterScreen(self.kind_filter, self.choose_kinds))

    def choose_kinds(self, chosen: KindFilter | None) -> None:
        """Show only these kinds; None for all."""
        if chosen == self.kind_filter:
            return
        self.kind_filter = chosen
        self.transcript.set_filter(chosen.shows if chosen is not None else None)
        self._show_filter()
        if self.query_one(SearchBar).is_open:
            self._recount()

    def _show_filter(self) -> None:
        shown, known = self.transcript.counts
        words = self.kind_filter.words if self.kind_filter is not None else ""
        for line in self.query(FilterLine):
            line.show_filter(words, shown, known)

    # -- moving and folding --------------------------------------------------------------------

    def action_next_entry(self) -> None:
        """Mark the next entry."""
        self.transcript.move_current(1)

    def action_previous_entry(self) -> None:
        """Mark the previous entry."""
        self.transcript.move_current(-1)

    def action_fold_entry(self) -> None:
        """Fold or unfold the current entry."""
        self.transcript.fold_current()

    def action_fold_all(self) -> None:
        """Fold or unfold everything."""
        self._show_note("everything unfolded" if self.transcript.fold_all() else "folded again")

    def action_jump(self, what: str, by: int) -> None:
        """Go to the next or previous turn, tool call or error.

        At the live end nothing is below, so the newest one above is meant.
        """
        if by > 0 and self.transcript.at_live_end and self.transcript.marked is None:
            by = -1
        if not self.transcript.jump(what, by):
            failed = self.failed_end() if what == "error" else ""
            if failed and by > 0:
                self.transcript.follow()
                self._show_note(f"{failed}: this is where it ended")
                return
            where, other = ("below", "above") if by > 0 else ("above", "below")
            said = f"no more {NOUNS[what]}s {where}"
            if self.transcript.can_jump(what, -by):
                said += f"; {self._key(f'jump({what!r}, {-by})')}: the one {other}"
            if failed:
                said = f"{failed} at the end; {said}"
            self._show_note(said)

    def failed_end(self) -> str:
        """How the session ended, if it failed; neutralised. That is an error without an entry."""
        return ""

    def action_toggle_columns(self) -> None:
        """Show changes side by side, or in one column, here and wherever the reader goes."""
        if not self.has_use("toggle_columns"):
            self._show_note(f"changes stand side by side in a transcript of {COLUMNS} columns")
            return
        self.taste.side_by_side = not self.taste.side_by_side
        self.transcript.show_columns(self.taste.side_by_side)
        self._show_note(
            "changes side by side" if self.taste.side_by_side else "changes in one column"
        )

    def action_open_entry(self) -> None:
        """Give the current entry the whole screen."""

    # -- copying -------------------------------------------------------------------------------

    def copy_text(self, what: str, text: str, hint: str = "") -> None:
        """Copy `text`, as much of it as a clipboard takes, and say so."""
        kept, left_out = bounded(text)

        def said(arrived: bool) -> str:
            words = copied_message(what, kept, left_out, arrived=arrived)
            return words if left_out else words + hint

        self._deliver(kept, said)

    def _deliver(self, text: str, said: Callable[[bool], str]) -> None:
        """Bring `text` to the clipboard. `said(arrived)` is shown; the newest copy alone counts."""
        # The app's, not the screen's: it goes on where the screen is left at once.
        bring = self._bring(text, said)
        self.app.run_worker(bring, name="copy", group="copy", exclusive=True)

    async def _bring(self, text: str, said: Callable[[bool], str]) -> None:
        arrived = await copy_by(ways_to_copy(os.environ, which, sys.platform), text)
        if not arrived:
            self.app.copy_to_clipboard(text)
        if self.is_attached:
            self._show_note(said(arrived))

    def action_copy_entry(self) -> None:
        """Copy what the current entry says; of a call its change or output, the second time all."""
        entry = self.transcript.mark_current()
        text = entry_text(entry) if entry is not None else ""
        if entry is None or not text:
            self._show_note("there is nothing to copy here")
            return
        what, part = call_part(entry)
        if part and self._copied != entry.id:
            self._copied = entry.id
            key = self._key("copy_entry")
            self.copy_text(what, part, f"; {key} again: the call")
            return
        self._copied = None
        if is_question(entry):
            what = "question"
        elif entry.format is not None:  # what a command printed
            what = "output"
        else:
            what = "call" if entry.kind == "tool" else "entry"
        self.copy_text(f"the {what}", text)

    def action_copy_code(self) -> None:
        """Copy the last code block of the current entry, and each further time the one before."""
        entry = self.transcript.mark_current()
        blocks = code_blocks(entry) if entry is not None else []
        if entry is None or not blocks:
            self._copied_block = None
            self._show_note("this entry has no code block")
            return
        key, at = self._copied_block or ("", 0)
        at = (at if key == entry.id else len(blocks)) - 1
        at = at if 0 <= at < len(blocks) else len(blocks) - 1
        self._copied_block = (entry.id, at)
        if len(blocks) == 1:
            self.copy_text("the code block", blocks[at])
            return
        again = f"; {self._key('copy_code')} again: the one before" if at else ""
        self.copy_text(f"code block {at + 1} of {len(blocks)}", blocks[at], again)

    def action_copy_selection(self) -> None:
        """Copy what is selected."""
        text = self.get_selected_text()
        if text:
            self.copy_text("the selection", text)
        else:
            copy, detach = self._key("copy_entry"), self._key("detach")
            self._show_note(f"nothing is selected: {copy} copies the entry, {detach} detaches")

    def action_copy_command(self) -> None:
        """Copy the command by which a script continues from here."""
        if self.read_view() is None:
            return
        socket = getattr(self.app, "socket_option", None)
        host, name = self.read_key()
        command = attach_command(name, self.read_cursor(), socket, host)
        shown = safe_line(command)
        self._deliver(
            command,
            lambda arrived: f"{'copied' if arrived else 'sent to the clipboard'}: {shown}",
        )

    # -- links ---------------------------------------------------------------------------------

    def action_links(self) -> None:
        """List what the marked entry, or else what is in view, links to."""
        from lashtui.screens.links import LinksScreen

        marked = self.transcript.marked
        found = references([marked] if marked is not None else [])
        found = found or references(self.transcript.entries_in_view())
        if found:
            self.app.push_screen(LinksScreen(found, self._open_reference, self._copy_instead))
        else:
            self._show_note("no links here")

    def _open_reference(self, reference: Reference) -> None:
        self.app.run_worker(self._open(reference), name="open", group="open", exclusive=True)

    async def _open(self, reference: Reference) -> None:
        """Open it; where that can't be done, copy it and say why."""
        view = self.read_view()
        directory = view.directory if view is not None else None
        way = await way_to_open(reference, directory=directory, elsewhere=self.elsewhere)
        if isinstance(way, str):
            self._copy_instead(reference, f"{way}; ")
        elif way.is_editor:
            self.post_message(self.EditWanted(way.argv))
        else:
            failed = await start_tool(way.argv)
            if self.is_attached:
                self._show_note(failed or f"opened {safe_line(reference.text)}")

    def _copy_instead(self, reference: Reference, why: str = "") -> None:
        text = reference.text
        self._deliver(
            text, lambda arrived: why + copied_message("the link", text, 0, arrived=arrived)
        )

    def action_export(self) -> None:
        """Write the transcript as Markdown into the current directory."""
        view = self.read_view()
        if view is None:
            self._show_note("there is nothing to export yet")
            return
        try:
            text = markdown(view, self.read_cursor())
            name = file_name(view.session_id, time.time())
            path = write_new_file(Path.cwd(), name, text.encode("utf-8", "replace"))
        except OSError as error:
            reason = safe_line(error.strerror or str(error))
            self.notify(f"not exported: {reason}", severity="error", markup=False)
        else:
            self._show_note(f"exported to {safe_line(str(path))}")
