"""Draws rows: estimates of heights, lines, and strips, with caches that are bounded.

A row that was never seen costs an estimate. Lines and strips are made when a row comes into view
and thrown away when there are too many, starting with those that have been out of view longest;
heights stay.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from lashtui.render.ansi import AnsiDoc
from lashtui.render.entry import (
    COLUMNS_FROM,
    FAILED_LINES,
    FOLDED_REASONING,
    GUTTER,
    TEXTUAL,
    divider_line,
    entry_lines,
    folded_note,
    is_compact,
    turn_words,
)
from lashtui.render.markdown import PROSE_WIDTH
from lashtui.render.markdown_doc import MarkdownDoc
from lashtui.render.styles import MUTED, TEXT, THOUGHT, WORKING, Line
from lashtui.render.text_doc import TextDoc
from lashtui.render.wrap import cut, gutter_of, width_of

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.theme import Palette
    from lashtui.widgets.transcript.row import Row

MAX_CACHED_LINES: Final = 5000
"""Lines that are kept: a hundred screens. A line is about 1.3 KB, so they stay below 7 MB. Only
rows in view may exceed it: if two of them evicted each other, each paint would draw both again."""
MAX_STRIPS: Final = 1000
"""Strips that are kept: more than the largest screen has lines. One with its caches is about 3.8 KB
and takes 6 microseconds to make again."""
INDENT: Final = 2
TURN_CELLS: Final = 10
"""Cells of a prompt's lines that are left to the number of its turn."""
MARGIN: Final = 1
"""Cells left free on both sides."""


class RenderStatistics(NamedTuple):
    """What drawing has cost so far, and what is kept of it."""

    rendered: int
    """Rows drawn since the start, each as often as it was drawn."""
    rows: int
    """Rows whose lines are kept."""
    lines: int
    """Their lines."""
    strips: int
    """Strips that are kept."""


class RowRenderer:
    """Makes lines and strips of rows, for one width and one palette."""

    def __init__(self, now_ms: Callable[[], int], *, whole: bool = False) -> None:
        """`now_ms` (Unix milliseconds) is what the time of running work is measured against.

        `whole`: nothing is left out, because one entry has the screen to itself.
        """
        self._width = 0
        self._estimated_room = 1
        self._now_ms = now_ms
        self._whole = whole
        self.columns = False
        """Of changes, what was stands beside what is, where there is room for both."""
        self.palette: Palette | None = None
        """Needed for strips, not for lines."""
        self.turn = 1
        """Counts how often the view was settled."""
        self._rendered = 0
        self._cached: dict[Row, int] = {}
        self._strips: dict[tuple[Row, int], tuple[Line, Strip]] = {}
        """By row and line, with the line that each was made from: a new line needs a new strip."""
        self._cached_lines = 0

    @property
    def width(self) -> int:
        """Cells that a strip has; 0 before the first layout."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        self._width = width
        self._strips.clear()
        self._estimated_room = max(1, min(PROSE_WIDTH, width - 2 * MARGIN - GUTTER))

    # -- heights ---------------------------------------------------------------------------------

    def estimate(self, row: Row) -> int:
        """About how many lines the row has, from the length of its text alone."""
        entry = row.entry
        lead = row.lead
        if entry is None:
            return lead + 1
        kind = entry.kind
        if kind == "commit":
            return lead + 1
        if is_compact(entry):
            return lead + 1 + (FAILED_LINES if entry.state == "failure" else 0)
        text = entry.text
        if not text:
            return lead + 1
        if kind == "reasoning" and row.folded:
            return lead + min(FOLDED_REASONING + 1, 1 + text.count("\n"))
        inside = 0 if row.inside is None else 3
        return lead + 1 + inside + text.count("\n") + len(text) // self._estimated_room

    @property
    def has_room_for_columns(self) -> bool:
        """Whether a change may have two columns, but for those of subagents, which are indented."""
        return self.width - 2 * MARGIN >= COLUMNS_FROM

    def _room(self, row: Row) -> int:
        return max(1, self.width - 2 * MARGIN - row.depth * INDENT)

    # -- lines -----------------------------------------------------------------------------------

    def render(self, row: Row) -> int:
        """Bring the row's lines up to date; returns its height."""
        if row.lines is not None and not row.dirty:
            return row.height
        self._rendered += 1
        row.version += 1
        entry = row.entry
        width = self._room(row)
        row.dirty = False
        if row.digest is not None:
            row.lines = [row.digest.line(width)]
        elif entry is None:
            row.lines = [divider_line(row.divider, width)] if row.divider else []
        elif entry.kind in TEXTUAL:
            self._render_text(row, entry, width)
        else:
            now = self._now_ms()
            if row.turn:
                width = max(1, width - TURN_CELLS)
            row.lines = entry_lines(
                entry,
                width,
                folded=row.folded,
                now_ms=now,
                whole=self._whole,
                columns=self.columns,
            )
        row.height = row.lead + len(row.lines or [])
        self._remember(row)
        return row.height

    def _render_text(self, row: Row, entry: Entry, width: int) -> None:
        doc = row.doc
        if doc is None:
            doc = row.doc = self._doc(entry, width)
            row.lines = None
        text = entry.text or ""
        over = entry.ended_at is not None or entry.settled
        # Some agents begin a thought with empty lines.
        is_thought = entry.kind == "reasoning" and not entry.cut_chars and entry.format is None
        said = text.lstrip("\r\n") if is_thought else text
        doc.feed(said, entry.cut_chars + len(text) - len(said), final=over)
        row.seen_chars = entry.cut_chars + len(text)
        shown = doc.lines
        if entry.kind == "reasoning" and row.folded and len(doc.lines) > FOLDED_REASONING + 1:
            note = folded_note(len(doc.lines) - FOLDED_REASONING)[1:]
            shown = [*doc.lines[:FOLDED_REASONING], note]
        if row.inside is not None:
            source, edge = (said, entry.cut_chars + len(text) - len(said)), max(1, width - GUTTER)
            shown = row.inside.placed(shown, doc, source, lambda: self._doc(entry, width), edge)
        row.lines = shown
        row.pinned = False

    def _doc(self, entry: Entry, width: int) -> TextDoc:
        room = max(1, width - GUTTER)
        style = THOUGHT if entry.kind == "reasoning" else TEXT
        if entry.format == "ansi":
            return AnsiDoc(room, style)
        if entry.kind == "reasoning":
            return TextDoc(min(room, PROSE_WIDTH), style)
        return TextDoc(room) if entry.format == "plain" else MarkdownDoc(room)

    def drawn(self) -> list[Row]:
        """Rows that have their lines."""
        return list(self._cached)

    def statistics(self) -> RenderStatistics:
        """What was drawn so far, and what is kept."""
        return RenderStatistics(
            self._rendered, len(self._cached), self._cached_lines, len(self._strips)
        )

    def _remember(self, row: Row) -> None:
        cached = self._cached
        self._cached_lines += row.height - cached.pop(row, 0)
        cached[row] = row.height
        if self._cached_lines <= MAX_CACHED_LINES:
            return
        for old in list(cached):
            # Rows in view that this turn has not reached yet were used in the turn before.
            if old.used < self.turn - 1 and old is not row:
                self.forget(old)
                if self._cached_lines <= MAX_CACHED_LINES:
                    break
            else:
                cached[old] = cached.pop(old)

    def forget(self, row: Row) -> None:
        """Throw a row's lines away; its height stays known."""
        self._cached_lines -= self._cached.pop(row, 0)
        row.doc = row.lines = None
        row.pinned = False

    def forget_all(self) -> None:
        """Throw all lines away."""
        for row in list(self._cached):
            self.forget(row)

    def forget_strips(self) -> None:
        """Throw all strips away: the palette changed."""
        self._strips.clear()

    # -- strips ----------------------------------------------------------------------------------

    def strips(self, row: Row, first: int, count: int) -> list[Strip]:
        """Full-width strips of a rendered row, from its line `first` on, at most `count`."""
        lines, strips = row.lines or [], self._strips
        out = [self.blank()] * max(0, min(row.lead - first, count))
        if out and row.label is not None and first + len(out) == row.lead:
            out[-1] = self._label_strip(row, row.label)
        number = max(0, first - row.lead)
        stop = min(len(lines), number + count - len(out))
        for at in range(number, stop):
            line, key = lines[at], (row, at)
            found = strips.get(key)
            if found is None or found[0] is not line:
                strip = self._strip(line, self.text_column(row))
                if row.entry is not None and row.entry.kind == "user":
                    strip = self._banded(strip, row.turn if at == 0 else 0)
                found = strips[key] = line, strip
            out.append(found[1])
        if len(strips) > MAX_STRIPS:
            for key in list(islice(strips, len(strips) - MAX_STRIPS * 3 // 4)):
                del strips[key]
        return out

    def _banded(self, strip: Strip, turn: int) -> Strip:
        """A line of what a person said, with the number of the turn that it begins, if any."""
        assert self.palette is not None
        band = self.palette.band
        segments = [Segment(text, (style or band) + band) for text, style, _ in strip]
        made = Strip(segments, strip.cell_length)
        words = f"{turn_words(turn)} " if turn else ""
        room = self.width - len(words)
        if not words or strip.text[room:].strip() or room < 1:
            return made
        number = Segment(words, self.palette.style(MUTED) + band)
        return Strip([*made.crop(0, room), number], strip.cell_length)

    def _label_strip(self, row: Row, label: Line) -> Strip:
        found = self._strips.get((row, -1))
        if found is None or found[0] is not label:
            before = MARGIN + row.depth * INDENT
            found = self._strips[row, -1] = label, self._strip(label, before)
        return found[1]

    def live_strip(self, row: Row, number: int) -> Strip:
        """The strip of a line with the mark of the live edge in its gutter."""
        lines = row.lines or []
        return self._strip(lines[number - row.lead], self.text_column(row), edge=True)

    def blank(self) -> Strip:
        """An empty line."""
        assert self.palette is not None
        return Strip.blank(self.width, self.palette.style(TEXT))

    def text_column(self, row: Row) -> int:
        """The cell where a row's lines begin."""
        text_row = row.entry is not None and row.entry.kind in TEXTUAL
        return MARGIN + row.depth * INDENT + (GUTTER if text_row else 0)

    def text_from(self, row: Row, number: int) -> int:
        """The cell where the text of a row's line begins: behind mark and margin, and its number in
        a file.
        """
        begin = MARGIN + row.depth * INDENT
        lines, at = row.lines or [], number - row.lead
        gutter = gutter_of(lines[at]) if 0 <= at < len(lines) else 0
        return begin + (gutter or (GUTTER if row.entry is not None else 0))

    def strip(self, line: Line) -> Strip:
        """The strip of a line that belongs to no row."""
        return self._strip(line, MARGIN)

    def _strip(self, line: Line, before: int, *, edge: bool = False) -> Strip:
        """`before`: cells in front of it."""
        palette = self.palette
        assert palette is not None
        if not line and not edge:
            return self.blank()
        style = palette.style
        size = width_of(line)
        room = max(1, self.width - before - MARGIN)
        if size > room:
            line = cut(line, room)
            size = width_of(line)
        segments = []
        if edge:
            segments.append(Segment(" " * (before - GUTTER), style(TEXT)))
            segments.append(Segment("▏ ", style(WORKING)))
        elif before:
            segments.append(Segment(" " * before, style(TEXT)))
        segments.extend([Segment(text, style(look)) for text, look in line])
        rest = self.width - before - size
        if rest > 0:
            segments.append(Segment(" " * rest, style(TEXT)))
        strip = Strip(segments, before + size + max(0, rest))
        # A screen narrower than the margins has no room even for what is always drawn.
        return strip if rest >= 0 else strip.crop(0, self.width)
