"""What a command prints, as lines: colours and links stay, a line drawn again is its last form.

A terminal's other sequences go. Only what happens within a line is followed: carriage return,
backspace, erasing and moves to the side.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from lashtui.text.ansi import PLAIN, changed, written
from lashtui.text.sanitize import HOSTILE, SEQUENCE, split_unfinished

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashtui.text.ansi import Look, Piece

MAX_COLUMNS = 4096
"""Characters of a line that may still be drawn again; of a longer one what came first is final."""
MAX_WRITTEN = 64 * 1024
"""Characters of a line with its colours; with more it has none. No command needs as many."""

# Possessive, and only from the first of a run: many carriage returns take linear time.
_NEWLINE = "(?<!\r)\r++\n|\n"
_TOKEN = re.compile(
    f"(?P<newline>{_NEWLINE})|(?P<sequence>{SEQUENCE.pattern})"
    "|(?P<control>[\x00-\x08\x0b-\x1f\x7f-\x9f])|(?P<text>[^\x00-\x08\n\x0b-\x1f\x7f-\x9f]+)"
)
_CRLF = re.compile("(?<!\r)\r++\n")
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DRIVES = re.compile("[\x08\r\x1b\x80-\x9f]")
"""What a text that needs reading has something of."""
_MOVE = re.compile("(?:\x1b\\[|\x9b)([0-9]{0,4})(?:;[0-9]*)*([CDGKPX@`])")


class Printed(NamedTuple):
    """Text that will not change any more, or the line that still may."""

    text: str
    """In format `ansi`."""
    is_styled: bool
    """It has colours or links, so it is not plain."""


class PrintedLines:
    """Reads what is printed piece by piece; the pieces may be cut anywhere."""

    def __init__(self) -> None:
        self._held = ""
        """What only further input can complete: a sequence, a carriage return before a newline."""
        self._look: Look = PLAIN
        self._pieces: list[Piece] = []
        """The line that is being printed, as long as it only grows."""
        self._cells: list[Piece] | None = None
        """The same by columns, once something in it may be drawn over. The second cell of a wide
        character is empty."""
        self._at = 0
        """The column that is written next, in `_cells`."""
        self._size = 0
        """Characters in `_pieces`."""
        self._is_redrawn = False

    @property
    def is_drawn_again(self) -> bool:
        """Whether the line that is being printed was drawn over, or is about to be."""
        cells = self._cells
        return self._is_redrawn or (cells is not None and self._at < len(cells))

    @property
    def length(self) -> int:
        """Characters of the line that is being printed."""
        return self._size if self._cells is None else sum([len(text) for text, _ in self._cells])

    def line(self, start: int = 0) -> Printed:
        """The line that is being printed, from its character `start` on."""
        pieces: list[Piece] = []
        for text, look in self._cells if self._cells is not None else self._pieces:
            if start < len(text):
                pieces.append((text[start:], look))
            start = max(0, start - len(text))
        return _printed(pieces, "")

    def feed(self, text: str, *, final: bool = False) -> list[Printed]:
        """What `text` completes: whole lines, and beginnings of too long ones."""
        text = self._held + text
        self._held = ""
        if not final:
            text, self._held = split_unfinished(text)
            if not self._held and text.endswith("\r"):
                text, self._held = text.rstrip("\r"), "\r"
        done: list[Printed] = []
        text = self._read_plain(text, done)
        for token in _TOKEN.finditer(text):
            kind = token.lastgroup
            if kind == "text":
                self._print(token.group(), done)
            elif kind == "newline":
                done.append(self._take("\n"))
            elif kind == "sequence":
                self._obey(token.group())
            else:
                self._control(token.group())
        return done

    def _read_plain(self, text: str, done: list[Printed]) -> str:
        """Read the whole lines at once where nothing in them is special; returns the rest."""
        if self._cells is not None or self._look != PLAIN:
            return text
        whole, newline, rest = _CRLF.sub("\n", text).rpartition("\n")
        if not newline or _SPECIAL.search(whole):
            return text
        first, newline, others = whole.partition("\n")
        self._print(first, done)
        done.append(self._take("\n"))
        if newline:
            others = others if others.isascii() else HOSTILE.sub("", others)
            done.append(Printed(others + "\n", False))
        return rest

    def finish(self) -> list[Printed]:
        """What is left at the end of the input."""
        done = self.feed("", final=True)
        rest = self._take("")
        return [*done, rest] if rest.text else done

    # -- one line --------------------------------------------------------------------------------

    def _print(self, text: str, done: list[Printed]) -> None:
        text = HOSTILE.sub("", text) if not text.isascii() else text
        while text:
            room = MAX_COLUMNS - (self._size if self._cells is None else self._at)
            if room <= 0:
                done.append(self._take(""))
                continue
            self._write(text[:room])
            text = text[room:]

    def _write(self, text: str) -> None:
        if self._cells is None:
            self._size += len(text)
            if self._pieces and self._pieces[-1][1] == self._look:
                self._pieces[-1] = (self._pieces[-1][0] + text, self._look)
            else:
                self._pieces.append((text, self._look))
            return
        cells, look = self._cells, self._look
        self._is_redrawn = self._is_redrawn or self._at < len(cells)
        self._pad(self._at)
        for character in text:
            width = _width(character)
            if not width:
                if self._at:
                    before = cells[self._at - 1]
                    cells[self._at - 1] = (before[0] + character, before[1])
                continue
            self._split_wide(self._at)
            self._split_wide(self._at + width)
            cells[self._at : self._at + width] = [(character, look), ("", look)][:width]
            self._at += width

    def _pad(self, size: int) -> None:
        cells = self._by_columns()
        cells.extend([(" ", PLAIN)] * (size - len(cells)))

    def _split_wide(self, at: int) -> None:
        """Something is about to change at column `at`: half a wide character is a blank."""
        cells = self._by_columns()
        if 0 < at < len(cells) and not cells[at][0]:
            cells[at - 1], cells[at] = (" ", PLAIN), (" ", PLAIN)

    def _control(self, control: str) -> None:
        if control == "\r":
            self._move(0)
        elif control == "\x08":
            self._by_columns()
            self._move(self._at - 1)

    def _obey(self, sequence: str) -> None:
        found = _MOVE.fullmatch(sequence)
        if found is None:
            self._look = changed(self._look, sequence)
            return
        kind, given = found[2], int(found[1] or 0)
        if kind == "K" and not given and self._cells is None:
            return  # most often: nothing stands behind the cursor
        cells = self._by_columns()
        count = max(1, given)
        if kind in "CD":
            self._move(self._at + (count if kind == "C" else -count))
        elif kind in "G`":
            self._move(count - 1)
        elif kind == "K":
            self._erase(0 if given == 1 else self._at, self._at + 1 if given == 1 else len(cells))
            if given == 2:
                self._erase(0, len(cells))
        elif kind == "X":
            self._erase(self._at, self._at + count)
        elif self._at < len(cells):
            self._is_redrawn = True
            self._split_wide(self._at)
            if kind == "P":
                self._split_wide(self._at + count)
                del cells[self._at : self._at + count]
            else:
                cells[self._at : self._at] = [(" ", PLAIN)] * min(count, MAX_COLUMNS)
                del cells[MAX_COLUMNS:]

    def _erase(self, begin: int, end: int) -> None:
        cells = self._by_columns()
        end = min(end, len(cells))
        if begin >= end:
            return
        self._is_redrawn = True
        self._split_wide(begin)
        self._split_wide(end)
        if end == len(cells):
            del cells[begin:]
        else:
            cells[begin:end] = [(" ", PLAIN)] * (end - begin)

    def _move(self, column: int) -> None:
        self._by_columns()
        self._at = min(max(0, column), MAX_COLUMNS - 1)

    def _by_columns(self) -> list[Piece]:
        """The line as cells, with the cursor behind it."""
        if self._cells is None:
            pieces, look = self._pieces, self._look
            self._cells, self._at, self._pieces, self._size = [], 0, [], 0
            for text, each in pieces:
                self._look = each
                self._write(text)
            self._look = look
        return self._cells

    def _take(self, end: str) -> Printed:
        pieces = self._cells if self._cells is not None else self._pieces
        self._pieces, self._cells, self._at, self._size = [], None, 0, 0
        self._is_redrawn = False
        return _printed(pieces, end)


def printed(text: str) -> Printed:
    """All that a command printed, `text` as its output was read."""
    lines = PrintedLines()
    done = [*lines.feed(text), *lines.finish()]
    return Printed("".join([each.text for each in done]), any(each.is_styled for each in done))


def is_command(args: object) -> bool:
    """Whether a call with these arguments runs a command, whose output is a terminal's text."""
    return isinstance(args, dict) and any(key in args for key in ("command", "cmd"))


def command_output(output: JsonValue) -> JsonValue:
    """A command's output in lash's shape: each text as `printed`, marked where it has colours."""
    outcome = output.get("outcome") if isinstance(output, dict) else None
    if not isinstance(outcome, dict):
        return output
    texts = [outcome, payload] if isinstance(payload := outcome.get("payload"), dict) else [outcome]
    found = [
        (place, key, printed(text))
        for place in texts
        for key, text in place.items()
        if isinstance(text, str) and key != "status" and _DRIVES.search(text)
    ]
    if not found:
        return output
    told = dict(outcome)
    if isinstance(payload, dict):
        told["payload"] = dict(payload)
    for place, key, text in found:
        (told if place is outcome else told["payload"])[key] = text.text
    if any(text.is_styled for _, _, text in found):
        told["format"] = "ansi"
    return {**output, "outcome": told}


def _printed(pieces: list[Piece], end: str) -> Printed:
    is_styled = any(look != PLAIN and text for text, look in pieces)
    text = written(pieces) if is_styled else "".join([piece for piece, _ in pieces])
    if len(text) > MAX_WRITTEN:
        text, is_styled = "".join([piece for piece, _ in pieces]), False
    return Printed(text + end, is_styled)


def _width(character: str) -> int:
    """Columns of a character; 0 for one that belongs to the one before it."""
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
