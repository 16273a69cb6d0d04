"""What is selected with the mouse: what clicks select, how it is shown, and its text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.style import Style
    from textual.selection import Selection

MAX_LINES: Final = 20_000
"""Lines copied at once: a terminal's clipboard holds no megabytes, and each line is rendered."""
WORD: Final = re.compile(r"[\w./~@:%+=#-]+")
"""What a double click selects: a path or a link is one word."""


def clicked_span(text: str, cell: int, clicks: int) -> tuple[int, int] | None:
    """The characters of a line that clicks at `cell` select: two a word, more the whole text."""
    if clicks > 2:
        begin, end = len(text) - len(text.lstrip()), len(text)
        return (begin, end) if end > begin else None
    at = _character_at(text, cell)
    words = (found.span() for found in WORD.finditer(text))
    return next(((begin, end) for begin, end in words if begin <= at < end), None)


def _character_at(text: str, cell: int) -> int:
    used = 0
    for number, character in enumerate(text):
        used += cell_len(character)
        if used > cell:
            return number
    return len(text)


def paint_selection(
    strips: Sequence[Strip],
    top: int,
    selection: Selection,
    style: Style,
    text_from: Callable[[int], int],
) -> list[Strip]:
    """`strips`, which start at line `top`, with the selected characters in `style`.

    `text_from(line)`: the first character of a line that is text; marks before it are not.
    """
    out = list(strips)
    for number, strip in enumerate(strips):
        span = selection.get_span(top + number)
        if span is None:
            continue
        begin, end = max(span[0], text_from(top + number)), span[1]
        # Spaces up to the edge are not text and are not shown as selected.
        text = strip.text
        length = len(text.rstrip())
        end = length if end == -1 else min(end, length)
        if end > begin:
            out[number] = painted_span(strip, begin, end, style)
    return out


def painted_span(strip: Strip, begin: int, end: int, style: Style) -> Strip:
    """`strip` with the characters from `begin` to `end` in `style`."""
    segments: list[Segment] = []
    at = 0
    for text, old, control in strip:
        after = at + len(text)
        first, last = max(begin, at) - at, min(end, after) - at
        if first >= last:
            segments.append(Segment(text, old, control))
        else:
            # Over the segment's own style: Strip.apply_style would be hidden under it.
            new = old + style if old else style
            segments.extend(
                Segment(part, look, control)
                for part, look in ((text[:first], old), (text[first:last], new), (text[last:], old))
                if part
            )
        at = after
    return Strip(segments, strip.cell_length)


def selected_text(
    selection: Selection,
    total: int,
    lines: Callable[[int, int], list[str]],
    text_from: Callable[[int], int],
    joint: Callable[[int], tuple[int, str] | None],
) -> tuple[str, str] | None:
    """The text of a selection and what it ends with, without marks and a common indent.

    None if it is empty. `lines(first, stop)` gives what the widget shows; `text_from` is as for
    `paint_selection`. `joint(line)`: where the text of a line begins that wrapping cut off the one
    above, and what was between them: such lines are joined again.
    """
    first = selection.start.y if selection.start is not None else 0
    stop = min(total, selection.end.y + 1 if selection.end is not None else total)
    stop = min(stop, first + MAX_LINES)
    if stop <= first:
        return None
    texts = lines(first, stop)
    if selection.end is not None and selection.end.y == stop - 1:
        texts[-1] = texts[-1][: selection.end.x]
    starts = [text_from(line) for line in range(first, stop)]
    start = selection.start.x if selection.start is not None else 0
    inside = bool(texts[0][starts[0] : start].strip())
    if inside:  # it begins within a line, which has no indent then
        starts[0] = start
    texts = _unwrapped(texts, starts, [joint(line) for line in range(first + 1, stop)])
    head = f"{texts.pop(0)}\n" if inside else ""
    return (head + textwrap.dedent("\n".join(texts))) if texts else head[:-1], "\n"


def _unwrapped(
    texts: Sequence[str], starts: Sequence[int], joints: Sequence[tuple[int, str] | None]
) -> list[str]:
    """The lines from their starts on, each joined with those that continue it."""
    pieces = [[texts[0][starts[0] :]]]
    for text, start, cut in zip(texts[1:], starts[1:], joints, strict=True):
        if cut is None:
            pieces.append([text[start:]])
        elif text[cut[0] :]:
            pieces[-1] += (cut[1], text[cut[0] :])
    return ["".join(parts) for parts in pieces]
