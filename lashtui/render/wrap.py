"""Breaks text into lines of a width in cells: at spaces, at wide characters, else anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from rich.cells import cell_len, split_graphemes

from lashtui.render.linked import linked
from lashtui.render.styles import BLANK, LINE_NUMBER, Continued, Line, Run, TextStyle
from lashtui.text.links import may_hold_links

TAB_SIZE: Final = 4

_ASCII_WORDS = re.compile(r"\S+\s*|\s+")
# East Asian wide characters may be separated without a space; runs of others stay together.
_WIDE: Final = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"

_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200d\u2060-\u2064"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e01ef"
)
MAX_MARKS: Final = 8
"""Zero-width characters in a row: real text has two or three; hostile text could send a megabyte of
them to the terminal for a single cell."""
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{{MAX_MARKS}}})[{_MARKS}]+")


@cache
def _any_words() -> re.Pattern[str]:
    """The same for any text. Compiling it takes 2 ms, which plain ASCII should not pay."""
    return re.compile(f"[{_WIDE}]+\\s*|[^\\s{_WIDE}]+\\s*|\\s+")


@cache
def _wide() -> re.Pattern[str]:
    return re.compile(f"[{_WIDE}]")


def cap_marks(text: str) -> str:
    """`text` with at most MAX_MARKS zero-width characters in a row."""
    return text if text.isascii() else _TOO_MANY_MARKS.sub(r"\1", text)


def break_points(text: str, width: int) -> list[tuple[int, int]]:
    """Spans of `text` (one line) that fit `width` cells each; spaces at a break are dropped.

    Each span has at least one character, so a wide character overflows a width of 1.
    """
    plain = text.isascii()
    if plain and len(text) <= width:
        return [(0, len(text))]
    spans: list[tuple[int, int]] = []
    start = 0  # of the line
    used = 0  # cells of the line, spaces at its end included
    for match in (_ASCII_WORDS if plain else _any_words()).finditer(text):
        token = match.group()
        word = token.rstrip()
        begin = match.start()
        size = len(word) if plain else cell_len(word)
        tail = token[len(word) :]
        spaces = len(tail) if plain or tail in ("", " ") else cell_len(tail)
        if not plain and used + size > width and _wide().match(word):
            for place in _wide_cuts(word, size, width, used):
                spans.append((start, begin + place))
                start, used = begin + place, 0
            used += cell_len(text[max(start, begin) : begin + len(word)]) + spaces
            continue
        if used + size > width and word:
            if used and size <= width:
                spans.append((start, begin))
                start, used = begin, 0
            elif size > width:
                if used and width - used < 4:
                    # Don't begin a long word in the last cells of a line.
                    spans.append((start, begin))
                    start, used = begin, 0
                for place in _cuts(word, width, used, plain):
                    spans.append((start, begin + place))
                    start = begin + place
                rest = text[start : begin + len(word)]
                size, used = (len(rest) if plain else cell_len(rest)), 0
        used += size + spaces
    spans.append((start, len(text)))
    return [_trim(text, begin, end) for begin, end in spans]


def _cuts(word: str, width: int, used: int, plain: bool) -> list[int]:
    """Where to cut a word longer than a line of which `used` cells are taken."""
    if plain:
        return list(range(width - used, len(word), width))
    cuts: list[int] = []
    for begin, _, size in split_graphemes(word)[0]:
        if used and used + size > width:
            cuts.append(begin)
            used = 0
        used += size
    return cuts


def _wide_cuts(word: str, size: int, width: int, used: int) -> list[int]:
    """The same for characters that a line may be broken between; they take `size` cells."""
    if size == 2 * len(word) and width > 1:
        return list(range(max(0, width - used) // 2, len(word), width // 2))
    cuts: list[int] = []
    for place, character in enumerate(word):
        cells = cell_len(character)
        if used and used + cells > width:
            cuts.append(place)
            used = 0
        used += cells
    return cuts


def wrap(runs: Sequence[Run], width: int) -> list[Line]:
    """`runs` as lines of at most `width` cells; newlines in them end lines."""
    text = "".join([piece for piece, _ in runs])
    if "\n" not in text:
        if len(text) <= width and text.isascii():
            return [tuple(runs) if text else BLANK]
        spans = break_points(text, width)
        return _continued(_slices(runs, spans), text, spans)
    lines: list[Line] = []
    base = 0
    for part in text.split("\n"):
        spans = [(base + begin, base + end) for begin, end in break_points(part, width)]
        lines.extend(_continued(_slices(runs, spans), text, spans))
        base += len(part) + 1
    return lines


def _continued(lines: list[Line], text: str, spans: Sequence[tuple[int, int]]) -> list[Line]:
    """`lines`, made of these spans of `text`: all but the first continue the one above."""
    for number in range(1, len(lines)):
        if lines[number]:
            (first, style), *rest = lines[number]
            piece = Continued(first)
            piece.gap = text[spans[number - 1][1] : spans[number][0]]
            lines[number] = ((piece, style), *rest)
    return lines


def _trim(text: str, begin: int, end: int) -> tuple[int, int]:
    """The span without the spaces at its end."""
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def slice_runs(runs: Sequence[Run], begin: int, end: int) -> Line:
    """The characters from `begin` to `end` of the concatenated `runs`."""
    if len(runs) == 1:
        text, style = runs[0]
        return ((text[begin:end], style),) if end > begin else BLANK
    out: list[Run] = []
    at = 0
    for text, style in runs:
        after = at + len(text)
        if after > begin and at < end:
            piece = text[max(0, begin - at) : end - at]
            if piece:
                out.append((piece, style))
        at = after
        if at >= end:
            break
    return tuple(out)


def _slices(runs: Sequence[Run], spans: Sequence[tuple[int, int]]) -> list[Line]:
    """`slice_runs` for consecutive spans: each run is visited once, not once per line."""
    if len(runs) == 1:
        return [slice_runs(runs, begin, end) for begin, end in spans]
    lines: list[Line] = []
    number = at = 0  # of the first run that reaches into the span, and where that begins
    for begin, end in spans:
        while number < len(runs) and at + len(runs[number][0]) <= begin:
            at += len(runs[number][0])
            number += 1
        stop, reached = number, at
        while stop < len(runs) and reached < end:
            reached += len(runs[stop][0])
            stop += 1
        lines.append(slice_runs(runs[number:stop], begin - at, end - at))
    return lines


def _one(text: str, style: TextStyle) -> Line:
    return ((text, style),) if text else BLANK


def wrap_plain(text: str, width: int, style: TextStyle) -> list[Line]:
    """Safe `text` of several lines in one style; indentation and blank lines are kept."""
    rows = text.split("\n")
    holds = may_hold_links(text)
    if text.isascii() and "\t" not in text and not holds and max(map(len, rows)) <= width:
        # Equal lines share one object: a megabyte of short ones would keep the collector busy.
        known: dict[str, Line] = {"": BLANK}
        return [known.get(row) or known.setdefault(row, _one(row, style)) for row in rows]
    lines: list[Line] = []
    for part in cap_marks("\n".join([row.expandtabs(TAB_SIZE) for row in rows])).split("\n"):
        if holds and may_hold_links(part):
            lines.extend(wrap(linked([(part, style)]), width))
            continue
        if len(part) <= width and part.isascii():
            lines.append(_one(part, style))
            continue
        if 2 * len(part) <= width:
            # No character is wider than two cells.
            lines.append(_one(part.rstrip(), style))
            continue
        spans = break_points(part, width)
        made = [_one(part[begin:end], style) for begin, end in spans]
        lines.extend(_continued(made, part, spans))
    return lines


def cut(line: Sequence[Run], width: int) -> Line:
    """`line` in at most `width` cells, with an ellipsis if something was cut."""
    text = "".join([piece for piece, _ in line])
    if len(text) <= width and text.isascii():
        return tuple(line)
    if cell_len(text) <= width:
        return tuple(line)
    if width <= 0:
        return BLANK
    end = used = 0
    for begin, after, size in split_graphemes(text[: width * (MAX_MARKS + 2)])[0]:
        if used + size > width - 1:
            end = begin
            break
        used += size
        end = after
    kept = slice_runs(line, 0, end)
    style = kept[-1][1] if kept else line[0][1]
    return (*kept, ("…", style))


def width_of(line: Sequence[Run]) -> int:
    """Cells that a line takes."""
    return sum([len(text) if text.isascii() else cell_len(text) for text, _ in line])


def indent(lines: Sequence[Line], first: Run, rest: Run) -> list[Line]:
    """`lines` with `first` before the first and `rest` before the others."""
    return [(first if number == 0 else rest, *line) for number, line in enumerate(lines)]


def with_gutter(lines: Sequence[Line], number: str) -> list[Line]:
    """`lines`, which were one, with its number before the first of them."""
    blank = " " * len(number)
    return [((f"{blank if at else number}  ", LINE_NUMBER), *line) for at, line in enumerate(lines)]


def gutter_of(line: Sequence[Run]) -> int:
    """How many characters of a line end with its number, and are no part of the text."""
    end = at = 0
    for text, style in line:
        at += len(text)
        if style.tone == "gutter":
            end = at
        elif not text.isspace():
            break
    return end
