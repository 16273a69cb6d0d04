"""The transcript with a reader's tools: current entry, matches of a search, filter, selection.

Where a thing stands is asked of the rows at the moment it is shown, never kept: rows grow, leave
and wrap anew under the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lashtui.feed.divider import Divider
from lashtui.reading.jumps import jump
from lashtui.reading.search import Match, Query
from lashtui.render.entry import FOLDABLE
from lashtui.render.look import ACCENT
from lashtui.widgets.transcript.matches import RowMatches, at_match
from lashtui.widgets.transcript.row import Row
from lashtui.widgets.transcript.selection import painted_span
from lashtui.widgets.transcript.unread import NewsTranscript

if TYPE_CHECKING:
    from lashd.view import Entry, ReadView, ViewChanges
    from lashtui.widgets.transcript.viewport import Place

MARK: Final = "▎"
MAX_DECORATED: Final = 1000
"""Decorated strips kept, so that a line that looks the same is the same object: some screens."""


class ReadingTranscript(NewsTranscript):
    """A transcript that is read, not only watched."""

    def __init__(self, *, whole: bool = False, **options: Any) -> None:
        """`whole`: entries are shown unfolded, with nothing left out."""
        super().__init__(**options)
        self._renderer.whole = whole
        self._whole = whole
        self._current: str | None = None
        self._query: Query | None = None
        self._match: Match | None = None
        self._matches = RowMatches(self._renderer)
        self._opened: str | None = None
        """The entry that the search unfolded, to be folded again when it goes on."""
        self._unfold_all = False
        self._decorated_strips: dict[tuple[object, ...], tuple[Strip, Strip]] = {}

    # -- the current entry -----------------------------------------------------------------------

    @property
    def current(self) -> Entry | None:
        """The entry that keys act on: the marked one, else the last or the first one in view."""
        row = self._at_hand()
        return row.entry if row is not None else None

    @property
    def marked(self) -> Entry | None:
        """The entry with the mark, as long as it is in view; None without one."""
        row = self._marked()
        return row.entry if row is not None else None

    def take_current(self) -> Entry | None:
        """The same as `current`; from now on it has the mark, so that one sees what was meant."""
        row = self._at_hand()
        if row is None:
            return None
        self._current = row.key
        self._changed(everything=True)
        return row.entry

    def _row(self, key: str | None) -> Row | None:
        row = self._list.get(key) if key is not None else None
        return None if row is None or row.hidden else row

    def _marked(self) -> Row | None:
        """The row with the mark. Out of view it counts as none: nobody means what he can't see."""
        row = self._row(self._current)
        if row is None:
            return None
        self._settle()
        return row if self._in_view(row) else None

    def _at_hand(self) -> Row | None:
        return self._marked() or self._near()

    def follow(self) -> None:
        """Also: at the live end the newest entry is meant, not one that was marked before."""
        self._current = None
        super().follow()

    def _near(self) -> Row | None:
        """The last entry while following, else the first one that begins in view."""
        rows = self._list.rows
        if self.following:
            return next((row for row in reversed(rows) if _can_be_current(row)), None)
        first = self._list.find(self.scroll_offset.y)
        seen = [
            index
            for index in range(first, min(self._bottom_row(), len(rows)))
            if _can_be_current(rows[index])
        ]
        whole = [i for i in seen if self._list.start(i) + rows[i].lead >= self.scroll_offset.y]
        return rows[(whole or seen)[0]] if seen else None

    def move_current(self, by: int) -> None:
        """Mark the next (1) or previous (-1) entry; the first time the one at hand."""
        rows, row = self._list.rows, self._marked()
        if row is None:
            row = self._near()
            if row is not None:
                self.mark(row.key)
            return
        index = self._list.index_of(row) + by
        while 0 <= index < len(rows) and not _can_be_current(rows[index]):
            index += by
        if 0 <= index < len(rows):
            self.mark(rows[index].key)

    def mark(self, key: str | None) -> None:
        """Make this entry the current one and bring it into view."""
        self._current = key
        row = self._row(key)
        if row is not None:
            self._bring(row)
        self._changed(everything=True)

    def _in_view(self, row: Row) -> bool:
        start = self._list.start(self._list.index_of(row))
        top = self.scroll_offset.y
        return start < top + self._port.height and start + row.height > top

    def _bring(self, row: Row) -> None:
        """Scroll as little as shows the row, from its first line on."""
        index, height = self._list.index_of(row), self._port.height
        lines = self._list.render(index) - row.lead
        last = not any(_can_be_current(other) for other in self._list.rows[index + 1 :])
        if last and lines <= height:
            super().follow()
            return
        top = self.scroll_offset.y
        first = self._list.start(index) + row.lead
        if first < top or lines >= height:
            self._hold(index, row.lead)
        elif first + lines > top + height:
            self._hold(*self._list.walk(index, row.lead + lines - 1, 1 - height))
        elif self.following:
            self._port.hold_at(top)

    def can_jump(self, what: str, by: int) -> bool:
        """Whether there is a turn, tool call or error to jump to."""
        return self._jump_target(what, by) is not None

    def _jump_target(self, what: str, by: int) -> int | None:
        self._settle()
        row = self._marked()
        if row is None:
            start = self._list.find(self.scroll_offset.y) - 1 if by > 0 else self._bottom_row()
            if self.following:
                start = len(self._list)
            start = max(-1, min(len(self._list), start))
        else:
            start = self._list.index_of(row)
        return jump([row.entry for row in self._list.rows], start, by, what)

    def jump(self, what: str, by: int) -> bool:
        """To the next or previous turn, tool call or error; False where there is none."""
        found = self._jump_target(what, by)
        if found is None:
            return False
        target = self._list.rows[found]
        self._current = target.key
        self._list.render(found)
        # A line of what came before stays in sight.
        self._hold(*self._list.walk(found, target.lead, -min(1, self._port.height // 4)))
        self._changed(everything=True)
        return True

    # -- folding ---------------------------------------------------------------------------------

    def fold_current(self) -> bool:
        """Fold or unfold the current entry; False where it does not fold."""
        entry = self.take_current()
        if entry is None or entry.kind not in FOLDABLE:
            return False
        self.toggle(entry.id)
        return True

    def fold_all(self) -> bool:
        """Unfold everything, or fold it all again; whether it is unfolded now."""
        self._unfold_all = not self._unfold_all
        place = self._port.place()
        top = self._port.anchor
        self._list.unpin()
        for row in self._list.entry_rows():
            row.unfolded = True if self._unfold_all else None
        self._renderer.forget_all()
        self._list.estimate_all()
        if place is not None and top is not None:
            self._list.render(self._list.index_of(top))
            self._port.line = min(place.line, max(0, top.height - 1))
        self.screen.clear_selection()
        self._changed(everything=True)
        return self._unfold_all

    # -- the filter ------------------------------------------------------------------------------

    @property
    def counts(self) -> tuple[int, int]:
        """Entries shown, and all of them."""
        return len(self._list.entries()), self._list.known

    def entries(self) -> list[Entry]:
        """The entries that are shown."""
        return self._list.entries()

    def set_filter(self, shows: Callable[[Entry], bool] | None) -> None:
        """Show only these entries (None: all); the line at the top stays, or the one after it."""
        following = self.following
        self._settle()
        keep = self._marked() or self._port.anchor
        self._list.unpin()
        lead = self._port.anchor.lead if self._port.anchor is not None else 0
        self._list.filter(shows)
        if not following and keep is not None:
            row = self._list.visible_near(keep)
            if row is not None:
                line = row.lead
                if row is self._port.anchor:
                    line = max(0, self._port.line + row.lead - lead)
                self._port.hold(self._list.index_of(row), line)
            else:
                self._port.follow()
        self.screen.clear_selection()
        self._changed(everything=True)

    def apply(self, changes: ViewChanges) -> None:
        """Also: a call that has failed may come to pass the filter, or leave it."""
        super().apply(changes)
        rows = (self._list.get(key) for key in changes.changed)
        if any(row is not None and self._list.misplaced(row) for row in rows):
            self.set_filter(self._list.shows)

    # -- the search ------------------------------------------------------------------------------

    def highlight(self, query: Query | None) -> None:
        """Show the matches of `query` in what is in view; None ends it."""
        self._query = query if query is not None and query.pattern is not None else None
        self._match = None
        if self._query is None:
            self._opened = None
        self._matches.query = self._query
        self._decorated_strips.clear()
        self._changed(everything=True)

    def show_match(self, match: Match, total: int) -> bool:
        """Bring a match into view, unfolding its entry if it must be (`total`: matches in it).

        False where it can't be drawn, being behind what an unfolded entry shows: the entry is.
        """
        row = self._row(match.key)
        if row is None or self._query is None:
            return False
        if self._opened not in (None, match.key):
            self._refold(self._opened or "")
        self._match = match
        self._current = match.key
        index = self._list.index_of(row)
        self._list.render(index)
        spot = self._matches.spot(row, match, total)
        if spot is None and row.folded:
            self._opened = match.key
            self._port.toggle(row, self.scroll_offset.y)
            self._list.render(index)
            spot = self._matches.spot(row, match, total)
        line = row.lead + (spot[0] if spot is not None else max(0, row.height - row.lead - 1))
        at = self._list.start(index) + line
        height = self._port.height
        self._settle()
        at = self._list.start(index) + line
        if self.following or not self.scroll_offset.y <= at < self.scroll_offset.y + height:
            self._hold(*self._list.walk(index, line, -(height // 3)))
        self._changed(everything=True)
        return spot is not None

    def _refold(self, key: str) -> None:
        self._opened = None
        row = self._row(key)
        if row is not None and row.unfolded:
            self._port.toggle(row, self.scroll_offset.y)
            row.unfolded = None

    def keep_opened(self) -> None:
        """What the search unfolded stays as it is."""
        self._opened = None

    @property
    def first_in_view(self) -> str | None:
        """Id of the entry that a search starts from."""
        row = self._at_hand()
        return row.key if row is not None else None

    def place(self) -> Place | None:
        """Where the view is held; None while it follows."""
        return self._port.place()

    def go_back(self, place: Place | None) -> None:
        """To where the view was held, or to the live end."""
        if place is None:
            self.follow()
        else:
            self._list.unpin()
            self._port.hold_place(place)
            self._changed(everything=True)

    # -- a view of one entry ---------------------------------------------------------------------

    def show_view(
        self, view: ReadView, *, dividers: Sequence[Divider] = (), keep_place: bool = False
    ) -> None:
        """Also: everything is unfolded where the whole is shown."""
        super().show_view(view, dividers=dividers, keep_place=keep_place)
        if self._whole:
            for row in self._list.entry_rows():
                row.unfolded = True

    # -- painting --------------------------------------------------------------------------------

    def _decorated(self, top: int, strips: list[Strip]) -> list[Strip]:
        """`strips` with the mark of the current entry and the matches of the search."""
        marked = self._row(self._current) if not self._whole else None
        if marked is None and self._query is None:
            return strips
        rows, out = self._list.rows, list(strips)
        index = self._list.find(top)
        while index < len(rows):
            row = rows[index]
            start = self._list.start(index)
            if start >= top + len(out):
                break
            spans = self._matches.by_line(row) if self._query is not None else {}
            spot = at_match(self._matches, row, self._match) if spans else None
            for line in range(row.lead, row.height):
                y = start + line - top
                if 0 <= y < len(out):
                    here = spans.get(line - row.lead, ())
                    if row is marked or here:
                        at = spot[1] if spot is not None and spot[0] == line - row.lead else -1
                        out[y] = self._decorate(out[y], row, here, here=at, marked=row is marked)
            index += 1
        return out

    def _decorate(
        self,
        strip: Strip,
        row: Row,
        spans: Sequence[tuple[int, int]],
        *,
        here: int,
        marked: bool,
    ) -> Strip:
        key = (id(strip), marked, tuple(spans), here)
        known = self._decorated_strips.get(key)
        if known is not None and known[0] is strip:
            return known[1]
        made = strip
        palette = self._renderer.palette
        assert palette is not None
        before = self._renderer.text_column(row)
        for begin, end in spans:
            style = palette.found(current=begin == here)
            made = painted_span(made, before + begin, before + end, style)
        if marked:
            made = _with_mark(made, palette.style(ACCENT))
        if len(self._decorated_strips) > MAX_DECORATED:
            self._decorated_strips.clear()
        # The strip itself is kept with it: an id alone may come back for another one.
        self._decorated_strips[key] = (strip, made)
        return made

    def notify_style_update(self) -> None:
        """The theme may have changed."""
        super().notify_style_update()
        self._decorated_strips.clear()


def _can_be_current(row: Row) -> bool:
    """A commit is a rule between entries: there is nothing to open or copy."""
    return row.entry is not None and row.entry.kind != "commit"


def _with_mark(strip: Strip, style: Style) -> Strip:
    """`strip` with the mark in its first cell, which is margin."""
    segments = list(strip)
    if not segments or not segments[0].text.startswith(" "):
        return strip
    first = segments[0]
    rest = first.text[1:]
    marked = [Segment(MARK, style)]
    if rest:
        marked.append(Segment(rest, first.style))
    return Strip([*marked, *segments[1:]], strip.cell_length)
