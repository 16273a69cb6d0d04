"""Text of commands, with their colours and links, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.render.linked import linked
from lashtui.render.styles import BLANK, TEXT, Line, Run, TextStyle
from lashtui.render.text_doc import TextDoc
from lashtui.render.wrap import TAB_SIZE, cap_marks, wrap
from lashtui.text.ansi import styled_lines

if TYPE_CHECKING:
    from lashtui.text.ansi import Look, Piece

MAX_LINE: Final = 64 * 1024
"""Characters of the source after which a line is broken: a publisher sends no longer ones, so that
no sequence is cut in two."""


def ansi_lines(text: str, width: int, style: TextStyle = TEXT) -> list[Line]:
    """Text of format `ansi`, wrapped; `style` is that of what has no colour of its own."""
    lines: list[Line] = []
    for pieces in styled_lines(text):
        lines.extend(wrap(linked(_runs(pieces, style)), width) if pieces else (BLANK,))
    return lines


def _runs(pieces: list[Piece], style: TextStyle) -> list[Run]:
    runs: list[Run] = []
    column = 0
    for text, look in pieces:
        # Tab stops are counted in characters: what a command aligns with them is narrow.
        shown = (" " * column + text).expandtabs(TAB_SIZE)[column:] if "\t" in text else text
        column = (column + len(shown)) % TAB_SIZE
        runs.append((cap_marks(shown), _style(look, style)))
    return runs


def _style(look: Look, style: TextStyle) -> TextStyle:
    fore, back, attrs, link = look
    return TextStyle(style.tone, style.attrs | attrs, link, fore, back)


class AnsiDoc(TextDoc):
    """Text of one entry in format `ansi`."""

    max_line = MAX_LINE

    def _clean(self, raw: str) -> str:
        return raw

    def _clean_whole(self, raw: str) -> str:
        return raw

    def _wrapped(self, text: str) -> list[Line]:
        return ansi_lines(text, self.width, self.style)
