"""Texts in columns: exactly as many cells as the column has, whatever the characters. Pure.

The texts must be safe lines already (`lashtui.text.sanitize`).
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size, split_graphemes

from lashtui.render.wrap import cap_marks
from lashtui.text.place import short_home


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in `width` cells: filled with blanks, at its left with `right`, or cut at its end."""
    if width <= 0:
        return ""
    if text.isascii():
        if len(text) > width:
            return f"{text[: width - 1]}…"
        return text.rjust(width) if right else text.ljust(width)
    text = cap_marks(text)
    size = cell_len(text)
    if size > width:
        head = set_cell_size(text, width - 1)
        # A blank stands there for half of a wide character.
        text = f"{head if text.startswith(head) else head[:-1]}…"
        size = cell_len(text)
    blanks = " " * (width - size)
    return blanks + text if right else text + blanks


def keep_end(text: str, width: int) -> str:
    """`text` if it fits, else its end, from a word on where there is one: `…the last words`."""
    if width <= 0:
        return ""
    if text.isascii():
        if len(text) <= width:
            return text
        end = text[len(text) - width + 1 :] if width > 1 else ""
    else:
        text = cap_marks(text)
        spans, size = split_graphemes(text)
        if size <= width:
            return text
        begin, room = len(text), width - 1
        for start, _, cells in reversed(spans):
            if cells > room:
                break
            begin, room = start, room - cells
        end = text[begin:]
    # A word of its own is better than half of one, unless nearly nothing would be left.
    if not text[: len(text) - len(end)].endswith(" "):
        _, space, words = end.partition(" ")
        if space and len(words) * 2 >= len(end):
            end = words
    return f"…{end.lstrip()}"


def fit_path(path: str, width: int, home: str = "") -> str:
    """A directory in at most `width` cells: `~` for `home`; its end is what tells it apart."""
    path = short_home(path, home)
    if cell_len(path) <= width:
        return path
    parts = path.split("/")
    for first in range(1, len(parts)):
        short = "/".join(["…", *parts[first:]])
        if cell_len(short) <= width:
            return short
    return fit(f"…/{parts[-1]}", width).rstrip()
