"""A screen with a transcript and the keys to read it: search, filter, jumps, folds.

The session screen and the screen of one entry are such screens.
"""

from __future__ import annotations

from textual import on
from textual.binding import Binding, BindingType

from lashd.view import ReadView, ViewChanges
from lashtui.feed.state import FeedState
from lashtui.reading.actions import actions_with_keys
from lashtui.reading.filters import KindFilter
from lashtui.reading.jumps import NOUNS
from lashtui.reading.search import Match, Query, Search
from lashtui.reading.taste import Taste
from lashtui.render.entry import COLUMNS_FROM
from lashtui.screens.taking import TakingScreen
from lashtui.text.awaited import Known
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


class ReadingScreen(TakingScreen):
    """Base of the screens that have a Transcript, a SearchBar, and perhaps a FilterLine."""

    def __init__(self, taste: Taste | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.taste = taste or Taste()
        self._search = Search()
        self._match: Match | None = None
        self._origin: str | None = None
        self._onwards = 1
        self._note = ""
        self._recount_due = False
        self._began: HeldPlace | None = None
        """Where the view was held when the search began; None: it followed."""
        self.kind_filter: KindFilter | None = None

    # -- what the screen is asked ------------------------------------------------------------------

    def show_session_state(self, state: FeedState, now_ms: int, known: Known | None = None) -> None:
        """Show what this screen shows of the session's state: called whenever that is shown."""

    def session_changed(self, view: ReadView, changes: ViewChanges | None) -> None:
        """The session's screen, perhaps under this one, was given changes (None: a new view)."""

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

    def on_key(self) -> None:
        """A note about another key doesn't answer this one."""
        for line in self.query(StatusLine):
            line.clear_note()

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
