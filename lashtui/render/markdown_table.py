"""A Markdown table in columns: as wide as its cells if that fits, else wrapped and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from lashtui.render.styles import BLANK, FAINT, TEXT, Line, Run, begun
from lashtui.render.wrap import cut, width_of, wrap

MEASURED_ROWS: Final = 30
"""Rows that decide the widths: later ones adapt, so that a growing table keeps its columns."""
MAX_COLUMNS: Final = 32
"""More fit on no screen."""
MAX_CELL_LINES: Final = 8
"""A cell wrapped into more is cut, so that it can't push its neighbours off the screen."""
MIN_COLUMN: Final = 3
GAP: Final = 2

Align = Literal["left", "right", "center"]
Cell = list[Run]


class Layout(NamedTuple):
    """Columns of a table, in cells."""

    widths: tuple[int, ...]
    aligns: tuple[Align, ...]


def lay_out(rows: Sequence[Sequence[Cell]], aligns: Sequence[Align], width: int) -> Layout:
    """Widths for `rows` (the first MEASURED_ROWS and the head count) within `width`."""
    count = min(MAX_COLUMNS, len(aligns), max(1, (width + GAP) // (MIN_COLUMN + GAP)))
    wanted = [MIN_COLUMN] * count
    for row in rows[: MEASURED_ROWS + 1]:
        for number, cell in enumerate(row[:count]):
            wanted[number] = max(wanted[number], min(width, width_of(cell)))
    room = width - GAP * (count - 1)
    widths = list(wanted)
    if sum(wanted) > room:
        # Narrow columns get what they need; the wide ones share the rest.
        left, open_columns = room, sorted(range(count), key=wanted.__getitem__)
        for place, number in enumerate(open_columns):
            share = left // (count - place)
            widths[number] = max(1, min(wanted[number], share))
            left -= widths[number]
    return Layout(tuple(widths), tuple(aligns[:count]))


def row_lines(cells: Sequence[Cell], layout: Layout) -> list[Line]:
    """One row as lines."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    columns: list[list[Line]] = []
    for cell, size in zip(cells, layout.widths, strict=False):
        # A line of the table is no continuation, even if its first cell's is.
        lines = [begun(line) for line in wrap(cell, size)] if cell else [BLANK]
        if len(lines) > MAX_CELL_LINES:
            lines = [
                *lines[: MAX_CELL_LINES - 1],
                cut((*lines[MAX_CELL_LINES - 1], ("…", TEXT)), size),
            ]
        columns.append([cut(line, size) for line in lines])
    out: list[Line] = []
    for number in range(max(map(len, columns), default=1)):
        line: list[Run] = []
        pending = 0
        for column, size, align in zip(columns, layout.widths, layout.aligns, strict=False):
            piece = column[number] if number < len(column) else BLANK
            space = max(0, size - width_of(piece))
            before = {"left": 0, "right": space, "center": space // 2}[align]
            if piece:
                if pending + before:
                    line.append((" " * (pending + before), TEXT))
                line.extend(piece)
                pending = space - before + GAP
            else:
                pending += size + GAP
        out.append(tuple(line))
    return out


def rule(layout: Layout) -> Line:
    """The line under the head."""
    return (((" " * GAP).join("─" * size for size in layout.widths), FAINT),)
