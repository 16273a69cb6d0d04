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

    from lashtui.widgets.transcript.parts import Part

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
    part_of: Callable[[int], Part],
) -> list[Strip]:
    """`strips`, which start at line `top`, with the selected characters in `style`.

    `part_of(line)`: what of a line is text.
    """
    out = list(strips)
    for number, strip in enumerate(strips):
        span = selection.get_span(top + number)
        if span is None:
            continue
        part = part_of(top + number)
        begin, end = max(span[0], part.begin), span[1]
        # Spaces up to the edge are not text and are not shown as selected.
        length = len(strip.text[: part.end].rstrip())
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
    part_of: Callable[[int], Part],
) -> tuple[str, str] | None:
    """The text of a selection and what it ends with, without marks and a common indent.

    None if it is empty. `lines(first, stop)` gives what the widget shows; `part_of` is as for
    `paint_selection`. Lines that wrapping made are joined again.
    """
    first = selection.start.y if selection.start is not None else 0
    stop = min(total, selection.end.y + 1 if selection.end is not None else total)
    stop = min(stop, first + MAX_LINES)
    if stop <= first:
        return None
    texts = lines(first, stop)
    if selection.end is not None and selection.end.y == stop - 1:
        texts[-1] = texts[-1][: selection.end.x]
    # Lines first: drawing them says what their parts are.
    parts = [part_of(line) for line in range(first, stop)]
    texts = [text[: part.end] for text, part in zip(texts, parts, strict=True)]
    start = selection.start.x if selection.start is not None else 0
    inside = bool(texts[0][parts[0].begin : start].strip())
    if inside:  # it begins within a line, which has no indent then
        parts[0] = parts[0].beginning_at(start)
    texts = _unwrapped(texts, parts)
    head = f"{texts.pop(0)}\n" if inside else ""
    return (head + textwrap.dedent("\n".join(texts))) if texts else head[:-1], "\n"


def _unwrapped(texts: Sequence[str], parts: Sequence[Part]) -> list[str]:
    """The lines from where their text begins, each joined with those that continue it."""
    pieces: list[list[str]] = []
    for number, (text, part) in enumerate(zip(texts, parts, strict=True)):
        cut = part.joint
        if number and part.is_missing:
            continue
        if cut is None or not pieces or not number:
            pieces.append([text[part.begin :]])
        elif text[cut[0] :]:
            pieces[-1] += (cut[1], text[cut[0] :])
    return ["".join(each) for each in pieces]
