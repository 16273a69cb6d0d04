"""The transcript: one scrolling widget that draws only the lines in view.

Heights of rows are estimated until the rows are seen. While the view follows, the end of the last
row is at the bottom; while it is held, the line at the top stays where it is, whatever happens
above or below. Both are brought about when it is painted, so that any number of changes between two
frames costs one.

The widget wires helpers that know no Textual: they decide, it paints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from lashd.clock import now_ms as wall_clock_ms
from lashtui.render.entry import is_foldable
from lashtui.theme import palette_of
from lashtui.widgets.textual_private import LineView
from lashtui.widgets.transcript.bar_map import BarMap
from lashtui.widgets.transcript.current import Current
from lashtui.widgets.transcript.decoration import Decoration
from lashtui.widgets.transcript.digest import DigestView
from lashtui.widgets.transcript.extent import Extent
from lashtui.widgets.transcript.highlights import Highlights
from lashtui.widgets.transcript.own_clock import OwnClock
from lashtui.widgets.transcript.painter import Painter
from lashtui.widgets.transcript.parts import Parts
from lashtui.widgets.transcript.row_renderer import RenderStatistics, RowRenderer
from lashtui.widgets.transcript.rows import RowList
from lashtui.widgets.transcript.running import Running, mark_elapsed
from lashtui.widgets.transcript.scroll_actions import ScrollActions
from lashtui.widgets.transcript.selection import clicked_span, selected_text
from lashtui.widgets.transcript.selection_anchor import SelectionAnchor
from lashtui.widgets.transcript.tail import Tail
from lashtui.widgets.transcript.unread import Unread
from lashtui.widgets.transcript.viewport import Viewport

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Region

    from lashd.view import Entry, ReadView, ViewChanges
    from lashtui.feed.divider import Divider
    from lashtui.reading.search import Match, Query
    from lashtui.render.live_end import LiveEnd
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.viewport import HeldPlace


class Transcript(ScrollActions, LineView, can_focus=True):
    """The entries of one session, or one entry with the screen to itself."""

    DEFAULT_CSS = """
    Transcript {
        background: $background;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = True

    @dataclass
    class Followed(Message):
        """The view went live or was held, or more came below while it is held."""

        following: bool
        unread: int
        """Entries that are new or have grown since the view was held."""

    def __init__(
        self,
        *,
        whole: bool = False,
        now_ms: Callable[[], int] = wall_clock_ms,
        id: str | None = None,  # noqa: A002  # Textual's own name
        classes: str | None = None,
    ) -> None:
        """Empty until `show_view`. `whole`: entries are unfolded, nothing left out, none marked.

        `now_ms` (Unix milliseconds) is what the time of running work is measured against.
        """
        super().__init__(id=id, classes=classes)
        self._whole = whole
        self._view: ReadView | None = None
        self._renderer = RowRenderer(now_ms, whole=whole)
        self._rows = RowList(self._renderer, nested=not whole)
        self._viewport = Viewport(self._rows)
        self._unread = Unread(self._rows, self._viewport)
        self._current = Current(self._rows, self._viewport)
        self._highlights = Highlights(self._rows, self._viewport)
        self._map = BarMap(self, self._rows)
        self._extent = Extent(self, self._viewport, self._renderer, self._map)
        self._decoration = Decoration(self._rows, self._highlights)
        self._selection_anchor = SelectionAnchor(self._rows)
        self.digest = DigestView(self._rows, self._current, self._rebuild, self._moved)
        self._running_entries = Running()
        self._tail = Tail(self._renderer, self._viewport)
        self._painter = Painter(self, self._rows, self._decoration, self._tail)
        self._is_all_unfolded = False
        self._posted: tuple[bool, int] | None = None
        self._own_clock = OwnClock(self._show_elapsed)
        self._stale = True
        """Something in view may have changed since the last paint."""

    def on_mount(self) -> None:
        """Repaint once a second while something is running, and never while nothing is."""
        self._own_clock.start(self)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        """Whether the view stays at the live end."""
        return self._viewport.following

    @property
    def at_live_end(self) -> bool:
        """Whether the reader sees the live end; not before it is decided where the view begins."""
        return self._unread.at_live_end

    @property
    def unread(self) -> int:
        """Entries that are new or have grown since the view was held, and that the filter shows."""
        return self._unread.count

    @property
    def counts(self) -> tuple[int, int]:
        """Entries that the filter shows, and all entries."""
        return len(self._rows.entries()), self._rows.entry_count

    def entries(self) -> list[Entry]:
        """The entries that the filter shows."""
        return self._rows.entries()

    @property
    def last_entry(self) -> Entry | None:
        """The last entry that the filter shows."""
        return self._rows.last_entry

    def running_entries(self) -> list[Entry]:
        """The entries that run, or wait for an answer, whether the filter shows them or not."""
        return self._running_entries.entries(self._rows.get)

    def show_live_end(self, end: LiveEnd | None) -> None:
        """Say below the last entry what the session waits for; None: nothing stands there."""
        if self._tail.show(end) and self._viewport.reaches(len(self._rows)):
            self._stale = True
            self.refresh()

    def statistics(self) -> RenderStatistics:
        """What drawing has cost so far, and what is kept of it."""
        return self._renderer.statistics()

    def show_view(
        self, view: ReadView, *, dividers: Sequence[Divider] = (), keep_place: bool = False
    ) -> None:
        """Show `view`'s entries and nothing else, at the live end.

        Each of `dividers` stands behind its anchor, or before the first entry with a later position
        than its own. With `keep_place` a held view stays at its entry, or near where it was.
        """
        before = {row.key for row in self._rows.entry_rows()} if keep_place else set()
        self._view, self._rows.turn = view, view.turn_index + 1
        self._viewport.replace_rows(view.entries, dividers, keep_place=keep_place)
        if self._whole:
            self._rows.set_all_folds(unfolded=True)
        self._unread.rows_replaced(before, view.entries)
        self._running_entries.replace(view.entries)
        self._own_clock.run(self._running_entries.is_any)
        self._repaint()

    def apply(self, changes: ViewChanges) -> None:
        """Show what a batch of events did to the view that was given last."""
        rows = self._rows
        if changes.reset and self._view is not None:
            self._rebuild()
            return
        first = len(rows)
        for key in changes.removed:
            first = min(first, rows.remove(key, self._row_removed))
        if changes.dropped:
            rows.drop_head(changes.dropped, self._row_removed)
            first = 0
        for key, entry in changes.changed.items():
            row = rows.get(key)
            if row is None:
                self._unread.entry_added(rows.append(key, entry))
            else:
                self._unread.entry_changed(row)
                self._viewport.delayed_folds.delay(row)
                first = min(first, rows.update(row, entry))
            self._running_entries.update(entry)
        self._own_clock.run(self._running_entries.is_any)
        if self._viewport.reaches(first):
            self._repaint()
        elif self._renderer.width:
            self._extent.fit()
            self._post_followed()
        changed = (rows.get(key) for key in changes.changed)
        if any(row is not None and rows.is_misplaced(row) for row in changed):
            self.set_filter(rows.shows)  # such as a call that has failed, where errors are shown

    def _rebuild(self) -> None:
        """Make the rows again where they are."""
        if self._view is not None:
            self.show_view(self._view, dividers=self._rows.dividers(), keep_place=True)

    def _row_removed(self, row: Row) -> None:
        self._running_entries.remove(row.key)
        self._unread.entry_removed(row.key)
        self._viewport.release(row)

    def set_filter(self, shows: Callable[[Entry], bool] | None) -> None:
        """Show only these entries (None: all); a held view stays where it is, or close to it."""
        self._viewport.filter(shows, self._current.marked())
        self.screen.clear_selection()
        self._moved()

    @property
    def has_room_for_columns(self) -> bool:
        """Whether it is wide enough for a change in two columns."""
        return self._renderer.has_room_for_columns

    def show_columns(self, wanted: bool) -> None:
        """Show of changes what was beside what is, where there is room, or below each other."""
        if wanted != self._renderer.columns:
            self._renderer.columns = wanted
            self.redraw()

    def redraw(self) -> None:
        """Make the lines of all entries again; their heights stay."""
        self._renderer.forget_all()
        self._repaint()

    def _moved(self) -> None:
        """The view may be elsewhere, or follow, from now on."""
        self._unread.view_moved()
        self._repaint()

    def _repaint(self) -> None:
        if self._renderer.width:
            self._stale = True
            self.refresh()
            self._post_followed()

    def _post_followed(self) -> None:
        state = (self.following, self.unread)
        if state != self._posted:
            self._posted = state
            self.post_message(self.Followed(*state))

    # -- time ------------------------------------------------------------------------------------

    @property
    def is_ticking(self) -> bool:
        """Whether its clock runs, because some entry does."""
        return self._own_clock.is_running

    def tick(self) -> None:
        """A second has passed: running rows in view show it. For a caller that has a clock."""
        self._own_clock.tick()

    def _show_elapsed(self) -> None:
        if mark_elapsed(self._rows.rows[index] for index in self._viewport.indices):
            self._stale = True
            self.refresh()

    # -- moving ----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Go to the live end and stay there; the newest entry is current then, no marked one."""
        self._current.mark(None)
        self._viewport.follow()
        self._moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The reader scrolled (moves of the widget itself do not call this: `set_scroll_y`)."""
        if not self._renderer.width or self.size.height != self._viewport.height:
            return
        self._rows.unpin()
        self._settle()
        self._viewport.moved(round(old_value), round(new_value))
        self._unread.reader_moved()
        self._moved()

    def action_scroll_end(self) -> None:
        """To the live end."""
        self.follow()

    def action_scroll_home(self) -> None:
        """To the first line."""
        self._viewport.go_to(0, 0)
        self._moved()

    def move(self, lines: int) -> None:
        """Move by real lines: the end of the scrollbar is an estimate, before or behind the end."""
        if not self._renderer.width or (lines > 0 and self.following):
            return
        self._viewport.move(lines)
        self._unread.reader_moved()
        self._moved()

    def place(self) -> HeldPlace | None:
        """Where the view is held; None while it follows."""
        return self._viewport.place()

    def restore_place(self, place: HeldPlace | None) -> None:
        """Go back to where the view was held, or to the live end."""
        if place is None:
            self.follow()
        else:
            self._rows.unpin()
            self._viewport.restore(place)
            self._moved()

    # -- what is new -----------------------------------------------------------------------------

    @property
    def new_was_visited(self) -> bool:
        """Whether the reader has been where the new entries begin, or has read on from there."""
        return self._unread.was_visited

    @property
    def unread_news(self) -> Unread:
        """What came while the reader was away."""
        return self._unread

    def hold_at_new(self) -> None:
        """Hold at the divider of what is new, if that is more than a screen; else follow."""
        self._unread.hold_at_divider()
        self._moved()

    def go_to_new(self) -> bool:
        """Hold at the divider of what is new; False if there is none."""
        found = self._unread.go_to_divider()
        if found:
            self._moved()
        return found

    def reader_left(self) -> None:
        """The reader looks elsewhere: remember what was seen, unless the view is held."""
        self._unread.reader_left()

    def reader_returned(self) -> bool:
        """Hold at what came since `reader_left`, if it is more than a screen; whether it is."""
        held = self._unread.reader_returned()
        if held:
            self._moved()
        return held

    # -- the current entry -----------------------------------------------------------------------

    @property
    def current(self) -> Entry | None:
        """The entry that keys act on: the marked one, else the last or the first one in view."""
        row = self._current.row()
        return row.entry if row is not None else None

    def entries_in_view(self) -> list[Entry]:
        """The entries of which something is in view, the first one first."""
        self._viewport.settle()
        rows = (self._rows.rows[index] for index in self._viewport.indices)
        return [row.entry for row in rows if row.entry is not None]

    @property
    def marked(self) -> Entry | None:
        """The entry with the mark, as long as it is in view; else None."""
        row = self._current.marked()
        return row.entry if row is not None else None

    def mark_current(self) -> Entry | None:
        """Mark the current entry, so that one sees what a key acted on; returns it."""
        row = self._current.row()
        if row is None:
            return None
        self._current.mark(row.key)
        self._repaint()
        return row.entry

    def move_current(self, by: int) -> None:
        """Mark the next (1) or previous (-1) entry; the first time the one at hand."""
        self._current.move(by)
        self._moved()

    def can_jump(self, what: str, by: int) -> bool:
        """Whether there is a turn, tool call or error to jump to."""
        return self._current.can_jump(what, by)

    def jump(self, what: str, by: int) -> bool:
        """To the next or previous turn, tool call or error; False if there is none."""
        found = self._current.jump(what, by)
        if found:
            self._moved()
        return found

    # -- folding ---------------------------------------------------------------------------------

    def toggle(self, key: str) -> None:
        """Fold or unfold the entry with this id; its first line stays where it is."""
        row = self._rows.get_shown(key)
        if row is None or row.entry is None or not is_foldable(row.entry):
            return
        self._viewport.settle()
        self._viewport.toggle(row)
        self._viewport.settle()
        if self._viewport.is_at_end:
            self._viewport.follow()
        self.screen.clear_selection()
        self._moved()

    def fold_current(self, *, folded: bool | None = None) -> bool:
        """Fold or unfold the current entry (None: the other way); False if it does not fold."""
        if folded is None and self.digest.toggle(self.digest.marked):
            return True
        row, entry = self._current.row(), self.mark_current()
        if row is None or entry is None or not is_foldable(entry):
            return False
        if row.folded == folded:
            return True
        self.toggle(entry.id)
        return True

    def fold_all(self) -> bool:
        """Unfold everything, or fold it all again; whether it is unfolded now."""
        self._is_all_unfolded = not self._is_all_unfolded
        self._viewport.set_all_folds(unfolded=True if self._is_all_unfolded else None)
        self.screen.clear_selection()
        self._moved()
        return self._is_all_unfolded

    # -- the search ------------------------------------------------------------------------------

    def highlight(self, query: Query | None, found: Collection[str] = ()) -> None:
        """Show the matches of `query`, which are in the entries `found`; None ends it."""
        self._map.found(found)
        self._map.make()
        self._highlights.search(query)
        self._decoration.forget()
        self._repaint()

    def found_in(self, found: Collection[str]) -> None:
        """The matches are in these entries now: text has come meanwhile."""
        self._map.found(found)
        self._map.look()

    def fold_found(self) -> None:
        """Fold again what the search has unfolded."""
        self._highlights.fold_again()

    def show_match(self, match: Match, total: int) -> bool:
        """Bring a match into view, unfolding its entry if necessary (`total`: matches in it).

        False if it can't be drawn, being behind what an unfolded entry shows: the entry is.
        """
        self._current.mark(match.key)
        drawn = self._highlights.show(match, total)
        self._moved()
        return drawn

    # -- geometry --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Wrap again; what is at the top stays there."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._viewport.resize(width, self.size.height)
        self._tail.wrap()
        if self._unread.awaits_layout:
            self._unread.hold_at_divider()
        self._stale = True
        self._settle()
        self.refresh()
        self._post_followed()

    def _settle(self) -> None:
        """Make the rows in view exact, and put view and selection where they belong."""
        if not self._renderer.width:
            return
        self._extent.settle()
        self._selection_anchor.keep(self)

    # -- painting --------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """The theme may have changed."""
        super().notify_style_update()
        self._renderer.palette = None
        self._renderer.forget_strips()
        self._tail.wrap()
        self._decoration.forget()
        self._map.forget()

    def draw_lines(self, crop: Region) -> list[Strip]:
        """The strips of the visible part (Textual's own cache of styles would not help)."""
        renderer = self._renderer
        if renderer.palette is None:
            renderer.palette = palette_of(*self.colors[2:], self.app.theme_variables)
        if not renderer.width:
            return [Strip.blank(crop.width, self.visual_style.rich_style)] * crop.height
        if self._stale:
            self._stale = False
            self._settle()
        marked = self._current.marked_row if not self._whole else None
        return self._painter.draw(crop, self.scroll_offset.y, marked)

    def render_line(self, y: int) -> Strip:
        """One line with its place in it, for finding what is under the mouse."""
        if not self._renderer.width or self._renderer.palette is None:
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        line = self.scroll_offset.y + y
        return self._rows.strips(line, 1)[0].apply_offsets(0, line)

    # -- mouse and selection ---------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Make current, and fold or unfold, at one click; select a word at two, a line at three.

        Textual's default would select the whole transcript at two clicks.
        """
        if event.button != 1:
            return
        line = self.scroll_offset.y + event.y
        if event.chain > 1:
            event.prevent_default()
            text, part = self._rows.texts(line, line + 1)[0], Parts(self._rows).at(line, event.x)
            if part.end is not None:  # of two columns, the one that is clicked
                text = " " * part.begin + text[part.begin : part.end]
            span = clicked_span(text, event.x, event.chain)
            if span is not None:
                selected = Selection(Offset(span[0], line), Offset(span[1], line))
                self.screen.selections = {self: selected}
            return
        index = self._rows.find(line)
        if index < len(self._rows) and self.text_selection is None:
            row = self._rows.rows[index]
            if self.digest.follow(row) is not None:
                event.prevent_default()
                return
            if row.is_readable:
                self._current.mark(row.key)
                self._repaint()
            if row.folds_at(line - self._rows.start(index)):
                event.prevent_default()
                self.toggle(row.key)

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected, and anchor it at its text."""
        self.refresh()
        self._selection_anchor.set(selection)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, as it is shown, but for where it was wrapped."""
        rows = self._rows
        return selected_text(selection, rows.total(), rows.texts, Parts(rows, selection))
