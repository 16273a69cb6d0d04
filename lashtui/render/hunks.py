"""The lines of a hunk: below each other, or in two columns, what was and what is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from lashtui.render.changed_words import Changed, block_at, changed, shown_row
from lashtui.render.code import coloured
from lashtui.render.styles import (
    ADDED,
    BLANK,
    CODE,
    COMMENT,
    DELETED,
    LINE_NUMBER,
    MUTED,
    TEXT,
    Line,
    Run,
)
from lashtui.render.wrap import width_of, with_gutter, wrap
from lashtui.text.linediff import Work
from lashtui.text.patch import Hunk, Row, Sign

BETWEEN: Final[Run] = (" │ ", LINE_NUMBER)
"""Between the columns; like a number, no part of the text."""
_STYLES: Final = {"+": ADDED, "-": DELETED, " ": CODE, "\\": COMMENT}


class Room(NamedTuple):
    """How hunks are drawn."""

    width: int
    most: int
    """Lines at most."""
    digits: int
    """Of the numbers of lines; 0 without numbers."""
    language: str
    """The file's, as `render.lexers` calls it, or empty."""
    quiet: bool
    """It has not happened: no colours."""


class Part(NamedTuple):
    """Some lines, and how many rows of the hunk they show."""

    lines: list[Line]
    rows: int


def hunk_lines(hunk: Hunk, room: Room, work: Work) -> Iterator[Part]:
    """Its rows below each other."""
    runs_of = _texts(hunk.rows, room, _changed(hunk.rows, room, work))
    old, new = hunk.old, hunk.new
    for at, row in enumerate(hunk.rows):
        number = "" if row.sign == "\\" else str(old if row.sign == "-" else new)
        yield Part(_drawn(row.sign, runs_of(at), number, room), 1)
        old += row.sign in " -"
        new += row.sign in " +"


def hunk_in_columns(hunk: Hunk, room: Room, work: Work) -> Iterator[Part]:
    """What was on the left, what is on the right: a changed line beside what it has become."""
    rows = hunk.rows
    known = _changed(rows, room, work)
    runs_of = _texts(rows, room, known)
    half = room._replace(width=(room.width - len(BETWEEN[0])) // 2)
    old, new = hunk.old, hunk.new

    def side(at: int | None, number: int) -> list[Line]:
        if at is None:
            return []
        sign = rows[at].sign
        return _drawn(sign, runs_of(at), "" if sign == "\\" else str(number), half)

    for left, right in _beside(rows, known):
        lines = [
            _joined(one, other, half.width)
            for one, other in zip_longest(side(left, old), side(right, new), fillvalue=BLANK)
        ]
        yield Part(lines, 1 if left == right else (left is not None) + (right is not None))
        old += left is not None and rows[left].sign != "\\"
        new += right is not None and rows[right].sign != "\\"


def _joined(left: Line, right: Line, half: int) -> Line:
    """One line of both columns."""
    # What is no line of this side is no part of its text either.
    blank: Run = (" " * max(0, half - width_of(left)), TEXT if left else LINE_NUMBER)
    return (*left, blank, BETWEEN, *right)


def columns_of(line: Line) -> tuple[Line, Line] | None:
    """The left and the right part of a line of two columns, margin and numbers included."""
    if BETWEEN not in line:
        return None
    at = line.index(BETWEEN)
    return line[:at], line[at:]


def _beside(rows: Sequence[Row], known: Changed) -> Iterator[tuple[int | None, int | None]]:
    """Numbers of the rows that stand beside each other; an unchanged one beside itself."""
    at = 0
    while at < len(rows):
        block = block_at(rows, at)
        if not block.olds and not block.news:
            yield at, at
            at += 1
            continue
        x, y = block.olds.start, block.news.start
        for old in block.olds:
            new = known.partners.get(old)
            if new is not None:
                yield from zip_longest(range(x, old), range(y, new))
                yield old, new
                x, y = old + 1, new + 1
        yield from zip_longest(range(x, block.olds.stop), range(y, block.news.stop))
        at = block.news.stop


def _changed(rows: Sequence[Row], room: Room, work: Work) -> Changed:
    return Changed() if room.quiet else changed(rows, work)


def _texts(rows: Sequence[Row], room: Room, known: Changed) -> Callable[[int], Sequence[Run]]:
    """Gives what a row says, by its number: unchanged lines in the colours of their language."""
    code = {} if room.quiet else _code(rows, room)

    def runs_of(at: int) -> Sequence[Run]:
        row = rows[at]
        style = MUTED if room.quiet else _STYLES[row.sign]
        runs = known.runs.get(at) or code.get(at)
        return runs or [(shown_row(row.text)[: room.width * room.most], style)]

    return runs_of


def _code(rows: Sequence[Row], room: Room) -> dict[int, Sequence[Run]]:
    """The unchanged lines in colours, read as part of what the file has become."""
    if not room.language or not any(row.sign == " " for row in rows):
        return {}
    # Each of them takes a line at least.
    places = [at for at, row in enumerate(rows) if row.sign in " +"][: room.most]
    source = "\n".join(shown_row(rows[at].text) for at in places)
    lines = coloured(source, room.language) or ()
    return {at: runs for at, runs in zip(places, lines, strict=False) if rows[at].sign == " "}


def _drawn(sign: Sign, runs: Sequence[Run], number: str, room: Room) -> list[Line]:
    """A row with its sign, and its number if it has one."""
    width = max(1, room.width - 1 - (room.digits + 2 if room.digits else 0))
    style = MUTED if room.quiet else _STYLES[sign]
    wrapped = wrap(runs, width) if runs[0][0] else [BLANK]
    lines: list[Line] = [((" " if at else sign, style), *line) for at, line in enumerate(wrapped)]
    return with_gutter(lines, number.rjust(room.digits)) if room.digits else lines
