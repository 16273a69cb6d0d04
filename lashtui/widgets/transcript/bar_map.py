"""The scrollbar as a map: where turns begin, what failed, where the search has matches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from rich.segment import Segment, Segments
from rich.style import Style
from textual.color import Color
from textual.scrollbar import ScrollBarRender

from lashtui.theme import roles_of

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from lashtui.widgets.textual_private import LineView
    from lashtui.widgets.transcript.rows import RowList

SOON: Final = 0.05
EVERY: Final = 1.0
"""Seconds until a change is on the map, of a small transcript and at most: it looks at each row, of
which a view has 16,384 at most, and takes some milliseconds then."""
MANY: Final = 4096
"""Rows from which on a map waits for so long."""
Spot: TypeAlias = Literal["failed", "found", "turn"]
RANK: Final[dict[Spot, int]] = {"turn": 0, "found": 1, "failed": 2}
"""Which of several in the same cell is shown."""
GLYPHS: Final[dict[Spot, str]] = {"failed": "━", "found": "─", "turn": "╴"}


def spots(rows: RowList, height: int, found: Collection[str]) -> dict[int, Spot]:
    """What stands in each of `height` cells; `found`: ids of the entries that have matches."""
    cells: dict[int, Spot] = {}
    total = max(1, rows.total())
    for index, row in enumerate(rows.rows):
        spot: Spot
        if row.entry is None:
            continue
        if row.failed:
            spot = "failed"
        elif row.key in found:
            spot = "found"
        elif row.turn:
            spot = "turn"
        else:
            continue
        cell = min(height - 1, rows.start(index) * height // total)
        known = cells.get(cell)
        if known is None or RANK[known] < RANK[spot]:
            cells[cell] = spot
    return cells


class MapRender:
    """Draws a scrollbar with its map; in the place of Textual's class, whose arguments it takes."""

    def __init__(self, marks: Mapping[int, tuple[str, Color]]) -> None:
        self.marks = marks

    def __call__(self, **options: Any) -> _Marked:
        """One picture of it."""
        return _Marked(ScrollBarRender(**options), self.marks)


class _Marked:
    def __init__(self, bar: ScrollBarRender, marks: Mapping[int, tuple[str, Color]]) -> None:
        self._bar = bar
        self._marks = marks

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in self._bar.__rich_console__(console, options):
            if isinstance(part, Segments):
                part.segments = list(self._drawn(part.segments))
            yield part

    def _drawn(self, cells: Iterable[Segment]) -> Iterable[Segment]:
        for number, cell in enumerate(cells):
            mark = self._marks.get(number)
            style = cell.style
            if mark is None or style is None:
                yield cell
                continue
            # The thumb is a blank cell that is reversed.
            ground = style.color if style.reverse else style.bgcolor
            glyph, colour = mark
            look = Style(color=colour.rich_color, bgcolor=ground, meta=style.meta)
            yield Segment(glyph, look)


class BarMap:
    """The map of one view, made again only after something that it shows has changed."""

    def __init__(self, view: LineView, rows: RowList) -> None:
        self._view = view
        self._rows = rows
        self._found: Collection[str] = ()
        self._finds = 0
        """Counts how often the matches were in other entries."""
        self._made: tuple[int, ...] = ()
        self._is_due = False
        self._cells: dict[int, Spot] = {}
        self._render: MapRender | None = None

    def found(self, keys: Collection[str]) -> None:
        """The search has matches in these entries: to be seen once the map is made."""
        if keys != self._found:
            self._found = keys
            self._finds += 1

    def look(self) -> None:
        """Make the map in a moment, if rows have come or gone, one has failed, or others match."""
        if self._is_due or self._state() == self._made:
            return
        self._is_due = True
        wait = max(SOON, EVERY * min(1.0, len(self._rows) / MANY))
        self._view.set_timer(wait, self.make)

    def forget(self) -> None:
        """The colours have changed."""
        self._made = ()

    def _state(self) -> tuple[int, ...]:
        return (self._rows.version, self._view.size.height, self._finds, self._scrolls)

    @property
    def _scrolls(self) -> bool:
        """Whether there is a scrollbar; a map without one would be dashes beside the text."""
        return self._view.virtual_size.height > self._view.size.height

    def make(self) -> None:
        """Make it now."""
        self._is_due = False
        state, height = self._state(), self._view.size.height
        if height <= 0 or not self._view.is_attached:
            return
        cells = spots(self._rows, height, self._found) if self._scrolls else {}
        if cells == self._cells and self._made:
            self._made = state
            return
        self._made, self._cells = state, cells
        variables = self._view.app.theme_variables
        roles = roles_of(variables)
        colours: dict[Spot, Color] = {
            "failed": Color.parse(roles.failed),
            "found": Color.parse(roles.trouble),
            "turn": Color.parse(variables["foreground"]),
        }
        marks = {cell: (GLYPHS[spot], colours[spot]) for cell, spot in cells.items()}
        bar = self._view.vertical_scrollbar
        # Textual wants a class, and calls it.
        vars(bar)["renderer"] = MapRender(marks)
        bar.refresh()
