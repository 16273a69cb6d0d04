"""Text with colours and links, format `ansi`: what is in it, and how to write it. Pure.

Of a terminal's language only SGR sequences and OSC 8 links are read; `lashtui.text.sanitize` says
what else there is, and it goes. Each line, and each text, begins without colours and link.
"""

from __future__ import annotations

import re

from lashtui.text.links import is_link
from lashtui.text.sanitize import HOSTILE, SEQUENCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    Look: TypeAlias = tuple[int, int, int, str]
    """How characters look: colour, background, attributes, link."""
    Piece: TypeAlias = tuple[str, Look]
    """Characters that look the same; none of them controls a terminal."""

BOLD, ITALIC, STRIKE, UNDERLINE, DIM, INVERSE = 1, 2, 4, 8, 16, 32

DEFAULT = -1
"""The terminal's own colour. Others are 0 to 255 of its palette, or TRUE + 0xRRGGBB."""
TRUE = 0x1000000
PLAIN: Look = (DEFAULT, DEFAULT, 0, "")
UNFINISHED = "~"
"""What the correlation id of a command's unfinished line ends with; see PROTOCOL.md."""

_ON = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 7: INVERSE, 9: STRIKE, 21: UNDERLINE}
_OFF = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: INVERSE, 29: STRIKE}
_CODES = {BOLD: "1", DIM: "2", ITALIC: "3", UNDERLINE: "4", INVERSE: "7", STRIKE: "9"}
# Possessive, and only from the first of a run: many carriage returns take linear time.
_LINE_END = re.compile("(?<!\r)\r++\n|\n")


def styled_lines(text: str) -> list[list[Piece]]:
    """The lines of `text`, each as pieces; an empty line has none."""
    return [_pieces(line) for line in (_LINE_END.split(text) if "\r" in text else text.split("\n"))]


def terminal_text(text: str) -> str:
    """`text` for a terminal: its colours and links end with each line, so that none leaks."""
    if "\x1b" not in text and text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "\n".join([written(pieces) for pieces in styled_lines(text)])


def written(pieces: Iterable[Piece]) -> str:
    """One line as text of format `ansi`, in one form for all that looks the same."""
    out: list[str] = []
    codes = link = ""
    for text, look in pieces:
        if not text:
            continue
        wanted = _codes(look)
        if link and look[3] != link:
            out.append("\x1b]8;;\x1b\\")
        if wanted != codes:
            out.append("\x1b[0m" if not wanted else f"\x1b[{'0;' if codes else ''}{wanted}m")
        if look[3] and look[3] != link:
            out.append(f"\x1b]8;;{look[3]}\x1b\\")
        codes, link = wanted, look[3]
        out.append(text)
    if link:
        out.append("\x1b]8;;\x1b\\")
    if codes:
        out.append("\x1b[0m")
    return "".join(out)


def _pieces(line: str) -> list[Piece]:
    pieces: list[Piece] = []
    look = PLAIN
    at = 0
    for found in SEQUENCE.finditer(line):
        _add(pieces, line[at : found.start()], look)
        at = found.end()
        look = changed(look, found.group())
    _add(pieces, line[at:], look)
    return pieces


def _add(pieces: list[Piece], text: str, look: Look) -> None:
    text = HOSTILE.sub("", text)
    if not text:
        return
    if pieces and pieces[-1][1] == look:
        pieces[-1] = (pieces[-1][0] + text, look)
    else:
        pieces.append((text, look))


def changed(look: Look, sequence: str) -> Look:
    """How characters look after `sequence`, a whole one, whatever it is about."""
    body = sequence[1:] if sequence[0] != "\x1b" else sequence[2:]
    introducer = sequence[: len(sequence) - len(body)]
    if introducer in ("\x1b[", "\x9b") and body.endswith("m"):
        return _coloured(look, body[:-1])
    if introducer in ("\x1b]", "\x9d") and body.startswith("8;"):
        address = body[2:].partition(";")[2].rstrip("\x07\x9c").removesuffix("\x1b\\")
        return (*look[:3], address if is_link(address) else "")
    return look


def _coloured(look: Look, parameters: str) -> Look:
    """`look` after an SGR sequence with these parameters."""
    if parameters.strip("0123456789;:"):
        return look  # a private one
    fore, back, attrs, link = look
    parts = parameters.split(";")
    while parts:
        code, *more = parts.pop(0).split(":")
        number = _number(code)
        if number == 0:
            fore, back, attrs = DEFAULT, DEFAULT, 0
        elif number == 4 and more[:1] == ["0"]:
            attrs &= ~UNDERLINE
        elif number in _ON:
            attrs |= _ON[number]
        elif number in _OFF:
            attrs &= ~_OFF[number]
        elif number in (38, 48, 58):
            colour = _colour(more or parts, colons=bool(more))
            if colour is None:
                continue
            fore, back = (
                colour if number == 38 else fore,
                colour if number == 48 else back,
            )
        elif number == 39:
            fore = DEFAULT
        elif number == 49:
            back = DEFAULT
        elif 30 <= number <= 37 or 90 <= number <= 97:
            fore = number - 30 if number < 90 else number - 82
        elif 40 <= number <= 47 or 100 <= number <= 107:
            back = number - 40 if number < 100 else number - 92
    return fore, back, attrs, link


def _colour(parts: list[str], *, colons: bool) -> int | None:
    """The colour that follows 38, 48 or 58; its parts are taken from the list."""
    kind = parts.pop(0) if parts else ""
    if kind == "5" and parts:
        number = _number(parts.pop(0))
        return number if number < 256 else None
    if kind != "2":
        return None
    if colons and len(parts) > 3:
        parts.pop(0)  # the colour space
    values = [_number(part) for part in parts[:3]]
    del parts[:3]
    if len(values) < 3 or max(values) > 255:
        return None
    return TRUE + (values[0] << 16 | values[1] << 8 | values[2])


def _number(part: str) -> int:
    return int(part.partition(":")[0] or 0)


def _codes(look: Look) -> str:
    fore, back, attrs, _ = look
    if fore == back == DEFAULT and not attrs:
        return ""
    codes = [code for attr, code in _CODES.items() if attrs & attr]
    for colour, base in ((fore, 30), (back, 40)):
        if colour >= TRUE:
            red, green, blue = colour >> 16 & 255, colour >> 8 & 255, colour & 255
            codes.append(f"{base + 8};2;{red};{green};{blue}")
        elif colour >= 16:
            codes.append(f"{base + 8};5;{colour}")
        elif colour >= 0:
            codes.append(str(base + colour if colour < 8 else base + 52 + colour))
    return ";".join(codes)
