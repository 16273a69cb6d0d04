"""The links and the lines of files that entries name, as a list to choose from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.reading.source import entry_source
from lashtui.text.ansi import styled_lines
from lashtui.text.changes import PATHS
from lashtui.text.links import find_links, find_places
from lashtui.text.output import has_styles, raw_output

if TYPE_CHECKING:
    from lashd.view import Entry

MOST: Final = 200
"""References in a list: nobody chooses from more."""
LOOKED_AT: Final = 256 * 1024
"""Characters of an entry that are looked through, its last ones: some 20 ms at a key's press."""


class Reference(msgspec.Struct, frozen=True):
    """An address, or a line of a file."""

    text: str
    """As it is copied: one safe line."""
    path: str = ""
    """Of a file; empty for an address."""
    line: int = 1


def references(entries: Iterable[Entry]) -> list[Reference]:
    """What `entries` name, each once, in the order of the text."""
    found: dict[str, Reference] = {}
    for entry in entries:
        for reference in _of(entry):
            found.setdefault(reference.text, reference)
            if len(found) == MOST:
                return list(found.values())
    return list(found.values())


def _of(entry: Entry) -> Iterator[Reference]:
    for key in PATHS if isinstance(entry.args, dict) else ():
        path = entry.args.get(key) if isinstance(entry.args, dict) else None
        if isinstance(path, str) and "/" in path and len(path) <= 1024 and path.isprintable():
            yield Reference(path, path)
    text = entry_source(entry)[-LOOKED_AT:]
    by_place = [(begin, Reference(target)) for begin, _, target in find_links(text)]
    for begin, _, path, line in find_places(text):
        by_place.append((begin, Reference(f"{path}:{line}", path, line)))
    by_place.sort(key=lambda pair: pair[0])
    yield from (reference for _, reference in by_place)
    yield from _hidden(entry)


def _hidden(entry: Entry) -> Iterator[Reference]:
    """The addresses that a command's text leads to without showing them."""
    raw = ""
    if entry.format == "ansi":
        raw = entry.text or ""
    elif has_styles(entry.output):
        raw = raw_output(entry.output)
    if "\x1b]8;" in raw or "\x9d8;" in raw:
        for pieces in styled_lines(raw[-LOOKED_AT:]):
            yield from (Reference(look[3]) for _, look in pieces if look[3])
