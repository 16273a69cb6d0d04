"""The rows of the transcript in order, where each stands, and walking between them by lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from lashtui.feed.divider import Divider
from lashtui.render.entry import MAX_DEPTH
from lashtui.render.look import line_text
from lashtui.widgets.transcript.line_index import LineIndex
from lashtui.widgets.transcript.row import Row, RowRenderer

if TYPE_CHECKING:
    from textual.strip import Strip

    from lashd.view import Entry


class RowList:
    """Rows, their index by line and by id."""

    def __init__(self, renderer: RowRenderer) -> None:
        """Rows are drawn by `renderer`."""
        self.rows: list[Row] = []
        self._renderer = renderer
        self._index = LineIndex()
        self._by_key: dict[str, Row] = {}
        self._first_seq = 0
        self._divider_count = 0
        self._pinned: Row | None = None
        self._shows: Callable[[Entry], bool] | None = None
        """The reader's filter. What it hides is kept by id, in order, and stands nowhere."""

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: str) -> Row | None:
        """The row of the entry with this id."""
        return self._by_key.get(key)

    def is_shown(self, key: str) -> bool:
        """Whether the entry with this id is there and the filter shows it."""
        row = self._by_key.get(key)
        return row is not None and not row.hidden

    def index_of(self, row: Row) -> int:
        """Where a row stands."""
        return row.seq - self._first_seq

    def start(self, index: int) -> int:
        """The first line of a row."""
        return self._index.start(index)

    def total(self) -> int:
        """All lines."""
        return self._index.total()

    def find(self, line: int) -> int:
        """The row that a line belongs to; the number of rows where there is none."""
        return self._index.find(line)

    def entries(self) -> list[Entry]:
        """The entries that are shown, in order."""
        return [row.entry for row in self.rows if row.entry is not None]

    def entry_rows(self) -> Iterable[Row]:
        """The rows of all entries, shown or not, in order."""
        return (row for row in self._by_key.values() if row.entry is not None)

    @property
    def shows(self) -> Callable[[Entry], bool] | None:
        """The reader's filter."""
        return self._shows

    def visible_near(self, row: Row) -> Row | None:
        """`row`, or the next one that is shown, or else the last one before it."""
        before, reached = None, False
        for other in self._by_key.values():
            reached = reached or other is row
            if other.hidden:
                continue
            if reached:
                return other
            before = other
        return before

    @property
    def known(self) -> int:
        """How many entries there are, shown or not."""
        return len(self._by_key) - sum(1 for row in self.rows if row.entry is None)

    def drawn(self) -> list[Row]:
        """Rows that have their lines."""
        return self._renderer.drawn()

    def dividers(self) -> list[Divider]:
        """The dividers with the place of the entry before each."""
        found: list[Divider] = []
        position: int | None = -1
        anchor: str | None = None
        for row in self._by_key.values():
            if row.entry is not None:
                position, anchor = row.entry.position, row.entry.id
            elif row.divider is not None:
                old = row.divider
                found.append(Divider(old.kind, old.text, position, anchor))
        return found

    # -- changing --------------------------------------------------------------------------------

    def replace(self, entries: Iterable[Entry], dividers: Sequence[Divider]) -> None:
        """Other rows altogether."""
        chosen = {
            key: row.unfolded for key, row in self._by_key.items() if row.unfolded is not None
        }
        self.rows.clear()
        self._by_key.clear()
        self._pinned = None
        self._first_seq = 0
        rows = list(entries)
        anchored: dict[str, list[Divider]] = {}
        if any(divider.anchor is not None for divider in dividers):
            known = {entry.id: entry.position for entry in rows}
            unplaced: list[Divider] = []
            for divider in dividers:
                began, at = known.get(divider.anchor or ""), divider.position
                # A session started anew may use the same ids: they are no longer those entries.
                if began is None or (at is not None and began > at):
                    unplaced.append(divider)
                else:
                    anchored.setdefault(divider.anchor or "", []).append(divider)
            dividers = unplaced
        placed = sorted(
            (d for d in dividers if d.position is not None), key=lambda d: d.position or 0
        )
        waiting = iter(placed)
        following = next(waiting, None)
        for entry in rows:
            while following is not None and entry.position > (following.position or 0):
                self._add(self._divider_row(following))
                following = next(waiting, None)
            row = Row(entry.id, entry)
            row.unfolded = chosen.get(entry.id)
            self._add(row)
            for divider in anchored.get(entry.id, ()):
                self._add(self._divider_row(divider))
        while following is not None:
            self._add(self._divider_row(following))
            following = next(waiting, None)
        for divider in dividers:
            if divider.position is None:
                self._add(self._divider_row(divider))
        self.estimate_all()

    def append(self, key: str, entry: Entry) -> Row:
        """A new entry at the end."""
        row = Row(key, entry)
        self._add(row)
        if not row.hidden:
            row.height = self._renderer.estimate(row)
            self._index.append(row.height)
        return row

    def _divider_row(self, divider: Divider) -> Row:
        self._divider_count += 1
        return Row(f"\0divider {self._divider_count}", None, divider)

    def filter(self, shows: Callable[[Entry], bool] | None) -> None:
        """Show only entries for which `shows` is true, and the dividers; None shows all."""
        self._shows = shows
        self.rows.clear()
        self._first_seq = 0
        for row in self._by_key.values():
            self._place(row)
        self.estimate_all()

    def misplaced(self, row: Row) -> bool:
        """Whether the filter would now decide otherwise about `row`."""
        return row.hidden != self._is_hidden(row)

    def _is_hidden(self, row: Row) -> bool:
        shows = self._shows
        return shows is not None and row.entry is not None and not shows(row.entry)

    def _place(self, row: Row) -> None:
        row.hidden = self._is_hidden(row)
        if row.hidden:
            return
        rows = self.rows
        row.seq = self._first_seq + len(rows)
        before = rows[-1] if rows else None
        row.lead = 0 if before is None or (before.compact and row.compact) else 1
        rows.append(row)

    def _add(self, row: Row) -> None:
        self._place(row)
        entry = row.entry
        if entry is not None and entry.parent is not None:
            parent = self._by_key.get(entry.parent)
            if parent is not None:
                row.depth = min(MAX_DEPTH, parent.depth + 1)
        self._by_key[row.key] = row

    def touch(self, row: Row, entry: Entry) -> int:
        """A row's entry changed; returns where it stands, or the number of rows."""
        if row.hidden:
            row.entry = entry
            return len(self.rows)
        index = self.index_of(row)
        if row.entry is not entry:
            self._renderer.forget(row)
            row.entry = entry
        row.dirty = True
        if row.lines is None:
            self._set_height(index, row, self._renderer.estimate(row))
        elif row.doc is None:
            self._set_height(index, row, row.height)
        return index

    def redo(self, row: Row) -> None:
        """Forget a row's lines: it is drawn otherwise from now on."""
        self._renderer.forget(row)
        self._set_height(self.index_of(row), row, self._renderer.estimate(row))

    def remove(self, key: str, leaving: Callable[[Row], None]) -> int:
        """Take the entry with this id out; returns where it stood, or the number of rows."""
        row = self._by_key.get(key)
        if row is None:
            return len(self.rows)
        if row.hidden:
            self._drop(row)
            return len(self.rows)
        index = self.index_of(row)
        leaving(row)
        self._drop(row)
        del self.rows[index]
        self._index.remove(index)
        for number in range(index, len(self.rows)):
            self.rows[number].seq = self._first_seq + number
        if index < len(self.rows):
            after = self.rows[index]
            before = self.rows[index - 1] if index else None
            lead = 0 if before is None or (before.compact and after.compact) else 1
            if lead != after.lead:
                height = after.height - after.lead + lead
                after.lead = lead
                self._set_height(index, after, height)
        return index

    def drop_head(self, count: int, leaving: Callable[[Row], None]) -> None:
        """The first `count` entries are gone; so are the dividers between them."""
        if self._shows is not None:
            count = self._drop_hidden(count)
        stop = 0
        for row in self.rows:
            if count == 0:
                break
            stop += 1
            if row.entry is not None:
                count -= 1
        gone = self.rows[:stop]
        del self.rows[:stop]
        self._first_seq += stop
        self._index.drop_head(stop)
        for row in gone:
            leaving(row)
            self._drop(row)

    def _drop_hidden(self, count: int) -> int:
        """Forget what the filter hides of the first `count` entries; how many are shown ones."""
        keyed = (row for row in self._by_key.values() if row.entry is not None)
        first = list(islice(keyed, count))
        for row in first:
            if row.hidden:
                self._drop(row)
        return sum(1 for row in first if not row.hidden)

    def neighbour(self, row: Row) -> Row | None:
        """The row to stand at when `row` goes."""
        index = self.index_of(row)
        if index < 0:
            return self.rows[0] if self.rows else None
        if index + 1 < len(self.rows):
            return self.rows[index + 1]
        return self.rows[index - 1] if index > 0 else None

    def _drop(self, row: Row) -> None:
        self._renderer.forget(row)
        if self._by_key.get(row.key) is row:
            del self._by_key[row.key]
        if row is self._pinned:
            self._pinned = None

    def _set_height(self, index: int, row: Row, height: int) -> None:
        row.height = height
        self._index.set_height(index, height)

    def estimate_all(self) -> None:
        """Estimate every row that is not drawn; before the first layout they have no width."""
        if not self._renderer.width:
            self._index = LineIndex([1] * len(self.rows))
            return
        estimate = self._renderer.estimate
        for row in self.rows:
            if row.lines is None or row.dirty:
                row.height = estimate(row)
            else:
                row.height = row.lead + len(row.lines)
        self._index = LineIndex([row.height for row in self.rows])

    # -- drawing ---------------------------------------------------------------------------------

    def render(self, index: int) -> int:
        """Bring a row up to date; returns its height."""
        row = self.rows[index]
        row.used = self._renderer.turn
        if row.lines is None or row.dirty:
            self._index.set_height(index, self._renderer.render(row))
        return row.height

    def render_held(self, index: int, line: int) -> None:
        """The same for the row at the top of a held view, whose line `line` must stay as it is.

        Markdown that is still open may look different once more of it is there, and an unfolded
        call has its parts in another order once it has ended. Then the row stays as it was shown
        until the reader moves.
        """
        self._renderer.turn += 1
        row = self.rows[index]
        number = line - row.lead
        # The first line of a call shows how long it has run.
        first = 0 if row.doc is not None else 1
        if not row.dirty or not row.lines or not first <= number < len(row.lines):
            self.render(index)
            return
        shown = list(row.lines)
        self.render(index)
        lines = row.lines
        if number >= len(lines) or line_text(lines[number]) != line_text(shown[number]):
            row.lines = shown
            row.pinned = True
            self._pinned = row
            self._set_height(index, row, row.lead + len(shown))

    def unpin(self) -> None:
        """The reader moves: what was kept for him is brought up to date."""
        row, self._pinned = self._pinned, None
        if row is not None and row.pinned:
            row.dirty = True
            row.pinned = False
            self.render(self.index_of(row))

    def strips(self, top: int, count: int) -> list[Strip]:
        """Exactly `count` strips from line `top` on; the last line of live text is marked."""
        index, renderer = self.find(top), self._renderer
        out: list[Strip] = []
        first = top - self.start(index)
        while len(out) < count and index < len(self.rows):
            self.render(index)
            out.extend(renderer.strips(self.rows[index], first, count - len(out)))
            first, index = 0, index + 1
        end = self.total() - 1
        if out and index == len(self.rows) and top <= end < top + len(out):
            last = self.rows[-1]
            if last.is_live and last.lines:
                out[end - top] = renderer.live_strip(last, last.height - 1)
        out.extend([renderer.blank()] * (count - len(out)))
        return out

    def settle_upwards(self, stop: int, lines: int) -> int:
        """Draw rows before `stop`, last first, until `lines` are filled; the first one drawn.

        With it, as with `render_held`, a new turn of the view begins.
        """
        self._renderer.turn += 1
        index, found = stop, 0
        while index > 0 and found < lines:
            index -= 1
            found += self.render(index)
        return index

    def settle_downwards(self, index: int, line: int, lines: int) -> int:
        """Draw rows from `line` of row `index` on; returns how many of `lines` stay empty."""
        found = -line
        while index < len(self.rows) and found < lines:
            found += self.render(index)
            index += 1
        return lines - found

    def walk(self, index: int, line: int, by: int) -> tuple[int, int]:
        """The place `by` lines from line `line` of row `index`, all rows between drawn."""
        line += by
        while line < 0 and index > 0:
            index -= 1
            line += self.render(index)
        while index < len(self.rows) and line >= self.render(index):
            if index + 1 == len(self.rows):
                return index, self.rows[index].height - 1
            line -= self.rows[index].height
            index += 1
        return index, max(0, line)
