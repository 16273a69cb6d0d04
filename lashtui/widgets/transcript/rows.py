"""The rows of the transcript in order, where each stands, and walking between them by lines.

Where a row stands is asked when it is needed and never kept: rows grow, leave and wrap differently
while they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from lashtui.feed.divider import Divider
from lashtui.reading.filters import is_failure
from lashtui.render.entry import MAX_DEPTH, label_line, turn_of, turn_words
from lashtui.render.styles import line_text
from lashtui.text.tools import agent_label
from lashtui.widgets.transcript.digest_row import HEADING, digest_rows
from lashtui.widgets.transcript.divider_places import divider_places, inside_dividers
from lashtui.widgets.transcript.inside import Inside
from lashtui.widgets.transcript.line_index import LineIndex
from lashtui.widgets.transcript.row import Row

if TYPE_CHECKING:
    from textual.strip import Strip

    from lashd.view import Entry
    from lashtui.reading.away import Digest
    from lashtui.render.styles import Line
    from lashtui.widgets.transcript.row_renderer import RowRenderer


_STAND_IN: Final = "\0inside "
"""Before the key of the row that a divider is inside of: that of the divider's stand-in."""


class RowList:
    """Rows, their index by line and by id."""

    def __init__(self, renderer: RowRenderer, *, nested: bool = True) -> None:
        """Rows are drawn by `renderer`; `nested`: a subagent's are indented and labelled."""
        self._nested = nested
        self.rows: list[Row] = []
        """Those that the filter shows, in order. To be read only."""
        self.renderer = renderer
        self._index = LineIndex()
        self._by_key: dict[str, Row] = {}
        self._first_seq = 0
        self._divider_count = 0
        self.version = 0
        """Counts what changes a map of the rows: they come and go, or one fails."""
        self.turn = 1
        """Number of the turn that runs, or comes next: to be set before `replace`."""
        self._opens = True
        """Whether the turn's first prompt is still to come."""
        self._pinned: Row | None = None
        self.digest: Digest | None = None
        """What happened while the reader was away; shown at the divider of what is new."""
        self.digest_folded = False
        self._shows: Callable[[Entry], bool] | None = None
        """The reader's filter. Hidden rows keep their place in `_by_key` and have no line."""

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: str) -> Row | None:
        """The row of the entry with this id, shown or not."""
        return self._by_key.get(key)

    def get_shown(self, key: str | None) -> Row | None:
        """The row of the entry with this id, if the filter shows it."""
        row = self._by_key.get(key) if key is not None else None
        return None if row is None or row.hidden else row

    def contains(self, row: Row) -> bool:
        """Whether this very row is still here and shown."""
        return not row.hidden and self._by_key.get(row.key) is row

    def index_of(self, row: Row) -> int:
        """Its index among the shown rows; below 0 for one that was dropped from the head."""
        return row.seq - self._first_seq

    def start(self, index: int) -> int:
        """The first line of a row."""
        return self._index.start(index)

    def total(self) -> int:
        """All lines."""
        return self._index.total()

    def find(self, line: int) -> int:
        """Index of the row that a line belongs to; the number of rows behind the last line."""
        return self._index.find(line)

    def entries(self) -> list[Entry]:
        """The entries that are shown, in order."""
        return [row.entry for row in self.rows if row.entry is not None]

    @property
    def last_entry(self) -> Entry | None:
        """The last entry that is shown."""
        return next((row.entry for row in reversed(self.rows) if row.entry is not None), None)

    @property
    def entry_count(self) -> int:
        """How many entries there are, shown or not."""
        return sum(1 for _ in self.entry_rows())

    def entry_rows(self) -> Iterable[Row]:
        """The rows of all entries, shown or not, in order."""
        return (row for row in self._by_key.values() if row.entry is not None)

    def readable_ids(self, first: int) -> set[str]:
        """Ids of the shown entries from row `first` on, commits left out."""
        return {row.key for row in islice(self.rows, first, None) if row.is_readable}

    @property
    def shows(self) -> Callable[[Entry], bool] | None:
        """The reader's filter; None shows all."""
        return self._shows

    def shown_near(self, row: Row) -> Row | None:
        """`row` or, if hidden, the next shown one, or else the last shown one before it."""
        before, reached = None, False
        for other in self._by_key.values():
            reached = reached or other is row
            if other.hidden:
                continue
            if reached:
                return other
            before = other
        return before

    def last_divider(self, kind: str) -> tuple[int, int] | None:
        """The row and line of the last divider of `kind`; None if there is none."""
        for index in range(len(self.rows) - 1, -1, -1):
            row = self.rows[index]
            if row.divider is not None and row.divider.kind == kind:
                return index, 0
            if row.inside is not None and row.inside.divider.kind == kind:
                self.render(index)
                return index, max(0, row.lead + row.inside.line - 1)  # and the blank line above
        return None

    def new_place(self) -> tuple[int, int] | None:
        """Where what is new to the reader begins: what is said about it, or else the divider."""
        heading = self.get_shown(HEADING)
        if heading is None:
            return self.last_divider("new")
        index = self.index_of(heading)
        above = self.rows[index - 1].divider if index > 0 else None
        return (index if above is None else index - 1), 0

    def dividers(self) -> list[Divider]:
        """All dividers, each with the entry before it as its anchor."""
        found: list[Divider] = []
        position: int | None = -1
        anchor: str | None = None
        for row in self._by_key.values():
            if row.entry is not None:
                position, anchor = row.entry.position, row.entry.id
                if row.inside is not None:
                    found.append(row.inside.divider)
            elif row.divider is not None and row.stands_in_for is None:
                old = row.divider
                found.append(Divider(old.kind, old.text, position, anchor, muted=old.muted))
        return found

    # -- changing --------------------------------------------------------------------------------

    def replace(self, entries: Sequence[Entry], dividers: Sequence[Divider]) -> None:
        """Replace all rows. What the reader folded or unfolded stays so, by id."""
        chosen = {
            key: row.unfolded for key, row in self._by_key.items() if row.unfolded is not None
        }
        self.renderer.forget_all()
        self.rows.clear()
        self._by_key.clear()
        self._pinned = None
        self._first_seq = 0
        first = next((each for each in entries if each.kind == "commit"), None)
        self.turn, self._opens = (turn_of(first) or self.turn) if first else self.turn, True
        places, within = divider_places(entries, dividers), inside_dividers(entries, dividers)
        for index, entry in enumerate(entries):
            if index in places:
                self._add_dividers(places[index])
            row = Row(entry.id, entry)
            row.unfolded = chosen.get(entry.id)
            if entry.id in within:
                row.inside = Inside(within[entry.id])
                self._add_stand_in(row, within[entry.id])
                if within[entry.id].kind == "new":
                    self._add_digest()
            self._add(row)
        self._add_dividers(places.get(len(entries), ()))
        self.estimate_all()

    def append(self, key: str, entry: Entry) -> Row:
        """Add a new entry at the end."""
        row = Row(key, entry)
        self._add(row)
        if not row.hidden:
            row.height = self.renderer.estimate(row)
            self._index.append(row.height)
        return row

    def set_all_folds(self, unfolded: bool | None) -> None:
        """Unfold (True) or fold (False) every entry; None: the default for its kind."""
        for row in self.entry_rows():
            row.unfolded = unfolded
        self.renderer.forget_all()
        self.estimate_all()

    def _add_dividers(self, dividers: Iterable[Divider]) -> None:
        for divider in dividers:
            self._divider_count += 1
            self._add(Row(f"\0divider {self._divider_count}", None, divider))
            if divider.kind == "new":
                self._add_digest()

    def _add_stand_in(self, row: Row, divider: Divider) -> None:
        outside = Divider(divider.kind, divider.outside, divider.position, divider.anchor)
        other = Row(f"{_STAND_IN}{row.key}", None, outside)
        other.stands_in_for = row
        self._add(other)

    def _add_digest(self) -> None:
        if self.digest is None or HEADING in self._by_key:
            return
        for shown in digest_rows(self.digest, folded=self.digest_folded):
            row = Row(shown.key, None)
            row.digest = shown
            self._add(row)

    def filter(self, shows: Callable[[Entry], bool] | None) -> None:
        """Show only entries for which `shows` is true, and all dividers; None shows everything."""
        self._shows = shows
        self.rows.clear()
        self._first_seq = 0
        for row in self._by_key.values():
            self._place(row)
        self.estimate_all()

    def is_misplaced(self, row: Row) -> bool:
        """Whether the filter would decide differently about `row` now that its entry changed."""
        return row.hidden != self._is_hidden(row)

    def _is_hidden(self, row: Row) -> bool:
        shows = self._shows
        if row.stands_in_for is not None:
            return not self._is_hidden(row.stands_in_for)
        return shows is not None and row.entry is not None and not shows(row.entry)

    def _place(self, row: Row) -> None:
        self.version += 1
        row.hidden = self._is_hidden(row)
        if row.hidden:
            return
        rows = self.rows
        row.seq = self._first_seq + len(rows)
        before = rows[-1] if rows else None
        row.label = self._label(before, row) if row.depth else None
        row.lead = _lead(before, row)
        rows.append(row)

    def _label(self, before: Row | None, row: Row) -> Line | None:
        """The name of a subagent whose first row after another's this is."""
        parent = row.entry.parent if row.entry is not None else None
        above = before.entry if before is not None else None
        if parent is None or (above is not None and parent in (above.parent, above.id)):
            return None
        call = self._by_key.get(parent)
        launched = call.entry if call is not None else None
        if launched is None:
            return label_line(agent_label(None, None))
        told = launched.output if launched.kind == "diagnostic" else launched.args
        return label_line(agent_label(launched.name, told))

    def _add(self, row: Row) -> None:
        entry = row.entry
        if entry is not None and entry.parent is not None and self._nested:
            parent = self._by_key.get(entry.parent)
            row.depth = min(MAX_DEPTH, parent.depth + 1) if parent is not None else 1
        if entry is not None:
            row.failed = is_failure(entry)
            self._count_turn(row, entry)
        self._place(row)
        self._by_key[row.key] = row

    def _count_turn(self, row: Row, entry: Entry) -> None:
        if entry.kind == "commit":
            self.turn, self._opens = (turn_of(entry) or self.turn) + 1, True
        elif entry.kind == "user" and self._opens and self._nested and entry.parent is None:
            row.turn, self._opens = self.turn, False

    def update(self, row: Row, entry: Entry) -> int:
        """Note that a row's entry changed; returns the row's index, or the number of rows."""
        if is_failure(entry) != row.failed:
            row.failed = not row.failed
            self.version += 1
        if row.hidden:
            row.entry = entry
            return len(self.rows)
        index = self.index_of(row)
        if row.entry is not entry:
            self.renderer.forget(row)
            row.entry = entry
        row.dirty = True
        if row.lines is None:
            self._set_height(index, row, self.renderer.estimate(row))
        elif row.doc is None:
            self._set_height(index, row, row.height)
        return index

    def invalidate(self, row: Row) -> None:
        """Forget a shown row's lines, because it was folded or unfolded."""
        self.renderer.forget(row)
        self._set_height(self.index_of(row), row, self.renderer.estimate(row))

    def remove(self, key: str, on_remove: Callable[[Row], None]) -> int:
        """Remove the entry with this id; returns the index it had, or the number of rows.

        `on_remove` is called with its row while the row still has its place.
        """
        row = self._by_key.get(key)
        if row is None:
            return len(self.rows)
        on_remove(row)
        if row.hidden:
            self._drop(row)
            return len(self.rows)
        index = self.index_of(row)
        self._drop(row)
        del self.rows[index]
        self._index.remove(index)
        for number in range(index, len(self.rows)):
            self.rows[number].seq = self._first_seq + number
        if index < len(self.rows):
            after = self.rows[index]
            before = self.rows[index - 1] if index else None
            label = self._label(before, after)
            if label != after.label:  # the same line is the same strip
                after.label = label
            lead = _lead(before, after)
            if lead != after.lead:
                height = after.height - after.lead + lead
                after.lead = lead
                self._set_height(index, after, height)
        return index

    def drop_head(self, count: int, on_remove: Callable[[Row], None]) -> None:
        """Remove the first `count` entries and the dividers between them.

        `on_remove` is called with each row that goes, when the rows after it have their new places.
        """
        if self._shows is not None:
            count = self._drop_hidden(count, on_remove)
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
            on_remove(row)
            self._drop(row)

    def _drop_hidden(self, count: int, on_remove: Callable[[Row], None]) -> int:
        """Remove the hidden rows of the first `count` entries; returns how many others remain."""
        first = list(islice(self.entry_rows(), count))
        for row in first:
            if row.hidden:
                on_remove(row)
                self._drop(row)
        return sum(1 for row in first if not row.hidden)

    def neighbour(self, row: Row) -> Row | None:
        """The row that takes the place of `row`, which is being removed."""
        index = self.index_of(row)
        if index < 0:
            return self.rows[0] if self.rows else None
        if index + 1 < len(self.rows):
            return self.rows[index + 1]
        return self.rows[index - 1] if index > 0 else None

    def _drop(self, row: Row) -> None:
        self.version += 1
        self.renderer.forget(row)
        if self._by_key.get(row.key) is row:
            del self._by_key[row.key]
        if row.inside is not None and not row.hidden:
            self._by_key.pop(f"{_STAND_IN}{row.key}", None)
        if row is self._pinned:
            self._pinned = None

    def _set_height(self, index: int, row: Row, height: int) -> None:
        row.height = height
        self._index.set_height(index, height)

    def estimate_all(self) -> None:
        """Estimate every row that is not drawn; before the first layout all have one line."""
        if not self.renderer.width:
            self._index = LineIndex([1] * len(self.rows))
            return
        estimate = self.renderer.estimate
        for row in self.rows:
            if row.lines is None or row.dirty:
                row.height = estimate(row)
            else:
                row.height = row.lead + len(row.lines)
        self._index = LineIndex([row.height for row in self.rows])

    # -- drawing ---------------------------------------------------------------------------------

    def render(self, index: int) -> int:
        """Bring a row's lines up to date; returns its height, which is exact then."""
        row = self.rows[index]
        row.used = self.renderer.turn
        if row.lines is None or row.dirty:
            self._index.set_height(index, self.renderer.render(row))
        return row.height

    def render_held(self, index: int, line: int) -> None:
        """Render the row at the top of a held view, whose line `line` must not change.

        Open Markdown may look different once more of it has come, and an unfolded call shows its
        parts in another order once it has ended. Then the row is pinned: it keeps the lines that
        were shown until the reader moves.
        """
        self.renderer.turn += 1
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
        """Bring the pinned row up to date, because the reader moves."""
        row, self._pinned = self._pinned, None
        if row is not None and row.pinned:
            row.dirty = True
            row.pinned = False
            self.render(self.index_of(row))

    def strips(self, top: int, count: int) -> list[Strip]:
        """Exactly `count` strips from line `top` on; the last line of live text has its mark."""
        index, renderer = self.find(top), self.renderer
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

    def texts(self, first: int, stop: int) -> list[str]:
        """What lines `first` to `stop` show, marks and margin included, numbers of turns not."""
        found = [strip.text.rstrip() for strip in self.strips(first, stop - first)]
        for index in range(self.find(first), len(self.rows)):
            row, line = self.rows[index], self.start(index) - first
            if line >= len(found):
                break
            if row.turn and 0 <= line + row.lead < len(found):
                text = found[line + row.lead].removesuffix(turn_words(row.turn))
                found[line + row.lead] = text.rstrip()
        return found

    def drawn_line(self, line: int) -> tuple[Row, int, Line] | None:
        """The row of a line that is drawn, which one of its own it is, and what it says."""
        index = self.find(line)
        row = self.rows[index] if index < len(self.rows) else None
        if row is None or row.lines is None:
            return None
        number = line - self.start(index) - row.lead
        return (row, number, row.lines[number]) if 0 <= number < len(row.lines) else None

    def render_upwards(self, stop: int, lines: int) -> int:
        """Render rows before `stop`, last first, until `lines` are filled; returns the first one.

        Like `render_held`, it begins a new turn of the renderer.
        """
        self.renderer.turn += 1
        index, found = stop, 0
        while index > 0 and found < lines:
            index -= 1
            found += self.render(index)
        return index

    def render_downwards(self, index: int, line: int, lines: int) -> int:
        """Render rows from `line` of row `index` on; returns how many of `lines` stay empty."""
        found = -line
        while index < len(self.rows) and found < lines:
            found += self.render(index)
            index += 1
        return lines - found

    def walk(self, index: int, line: int, by: int) -> tuple[int, int]:
        """The row and line that are `by` lines from line `line` of row `index`.

        All rows between are rendered, so that the distance is exact.
        """
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


def _lead(before: Row | None, row: Row) -> int:
    """How many lines stand above a row's own, under `before`."""
    close = before is not None and before.compact and row.compact
    together = before is None or (close and (before.digest is None) == (row.digest is None))
    blank = 0 if together else 1
    return blank + (row.label is not None)
