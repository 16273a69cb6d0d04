"""Addresses and places in files, as they stand in a text. Pure.

An agent writes what it likes: no address of another scheme than http, https, file and mailto
becomes a link, and none holds a character that controls a terminal.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MAX_LINK: Final = 2048
"""Characters: longer addresses are no links. Browsers take about as much."""
MAX_PATH: Final = 1024
"""Characters: longer paths are no places in files."""

_LINK = re.compile("(?:https?://|file:|mailto:)[\x21-\x7e]+", re.IGNORECASE)
# Printable ASCII but quotes, angles, braces and what else stands around addresses, and the letters
# of alphabets that are written with spaces: Chinese often follows an address without one.
_BARE = re.compile(
    r"(?<![\w+.-])(?:(?:https?|file)://|mailto:)"
    "[!#-&(-;=?-\\[\\]_a-z~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f]{1,2048}",
    re.IGNORECASE,
)
_MAY_HOLD = re.compile("://|mailto:", re.IGNORECASE)
_SAYS_SOMETHING = re.compile(r"[^\W_]")
_PAIRS: Final = {")": "(", "]": "["}
# Possessive throughout: a long run of what is no place takes linear time.
_PLACE = re.compile(
    r"(?<![\w/.@:~%+\\-])((?:~?/|\.{1,2}+/)?(?:[\w.@+-]++/)*+[\w.@+-]++):([0-9]{1,7}+)(?::[0-9]{1,7}+)?(?![\w/])"
    r'|\bFile "([^"\n\t]{1,1024}+)", line ([0-9]{1,7}+)'
)
_FILE_NAME = re.compile(r"\w[\w.@+-]*\.[A-Za-z][\w+-]{0,9}|Makefile|Dockerfile|Justfile")


def is_link(address: str) -> bool:
    """Whether a terminal, or a browser, may be given this address."""
    return len(address) <= MAX_LINK and _LINK.fullmatch(address) is not None


def may_hold_links(text: str) -> bool:
    """Whether it is worth looking for addresses in `text`; nearly always it is not."""
    return _MAY_HOLD.search(text) is not None


def find_links(text: str) -> list[tuple[int, int, str]]:
    """The bare addresses in safe `text`: where each begins and ends, and where it leads."""
    if not may_hold_links(text):
        return []
    found: list[tuple[int, int, str]] = []
    for match in _BARE.finditer(text):
        shown = _trimmed(match.group())
        target = shown if shown.isascii() else _quoted(shown)
        host, _, _ = shown.partition(":")[2].removeprefix("//").partition("/")
        # A host of look-alike letters is none.
        if host.isascii() and is_link(target) and _SAYS_SOMETHING.search(shown, shown.index(":")):
            found.append((match.start(), match.start() + len(shown), target))
    return found


def find_places(text: str) -> list[tuple[int, int, str, int]]:
    """What names a line of a file: where each begins and ends, the path, and the line.

    `src/api.py:42`, `Makefile:3:1`, and Python's `File "x.py", line 7`; nothing within an address.
    """
    found: list[tuple[int, int, str, int]] = []
    links = find_links(text)
    for match in _PLACE.finditer(text):
        begin, end = match.span()
        path = match[1] or match[3]
        if len(path) > MAX_PATH or any(first < end and begin < last for first, last, _ in links):
            continue
        if match[1] and "/" not in path and not _FILE_NAME.fullmatch(path):
            continue
        found.append((begin, end, path, int(match[2] or match[4])))
    return found


def _trimmed(address: str) -> str:
    """Without what belongs to the sentence: a full stop, a bracket that was opened before."""
    surplus = {end: address.count(end) - address.count(begin) for end, begin in _PAIRS.items()}
    stop = len(address)
    while stop:
        last = address[stop - 1]
        if last in _PAIRS and surplus[last] > 0:
            surplus[last] -= 1
        elif last not in ".,;:!?*":
            break
        stop -= 1
    return address[:stop]


def _quoted(address: str) -> str:
    """In ASCII, as addresses are sent."""
    return "".join(
        [
            character
            if character.isascii()
            else "".join([f"%{byte:02X}" for byte in character.encode()])
            for character in address
        ]
    )
