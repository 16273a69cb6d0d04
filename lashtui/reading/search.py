"""Incremental search in the text of entries. Pure: no widget.

A match is identified by its entry and its number within it, so that it stays the same while other
entries grow. Case is ignored unless the query has an upper-case letter; a space matches any run of
white space, so that a line break hides nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lashtui.reading.source import entry_source

if TYPE_CHECKING:
    from lashd.view import Entry

MAX_QUERY: Final = 200
"""Characters: longer ones are a paste by mistake."""
MAX_CONTENT: Final = 16 * 1024 * 1024
"""Characters of cached texts: four times what a view may hold."""


class Match(NamedTuple):
    """One match."""

    key: str
    """Id of its entry."""
    number: int
    """Which match of that entry, from 0."""


class Query:
    """What to search for."""

    def __init__(self, text: str) -> None:
        """`text` as typed."""
        self.text = text[:MAX_QUERY]
        self.exact_case = self.text != self.text.lower()
        words = self.text.split()
        flags = 0 if self.exact_case else re.IGNORECASE
        self.pattern: re.Pattern[str] | None = None
        """Finds matches in drawn text; None for an empty query."""
        self._plain = len(words) == 1 and words[0] == self.text
        if words:
            self.pattern = re.compile(r"\s+".join(re.escape(word) for word in words), flags)
        self._spaced = re.compile(r"\s+".join(re.escape(w) for w in words)) if words else None

    def count(self, content: str) -> int:
        """Number of matches in `content`, which is in lower case already unless case matters."""
        if self._plain:
            return content.count(self.text)
        if self._spaced is None:
            return 0
        return sum(1 for _ in self._spaced.finditer(content))


class _Content(msgspec.Struct):
    stamp: tuple[object, ...]
    text: str
    lower: str


class Search:
    """The matches of one query in a list of entries."""

    def __init__(self) -> None:
        """An empty query."""
        self.query = Query("")
        self.wrapped = False
        """Whether the last step wrapped around the end or the beginning."""
        self._contents: dict[str, _Content] = {}
        self._size = 0
        self._keys: list[str] = []
        self._order: dict[str, int] = {}
        self._ends: list[int] = []
        self._hits: list[int] = []
        """Numbers of the entries that have matches, in order."""
        self._counts: dict[str, int] = {}

    @property
    def total(self) -> int:
        """How many matches there are."""
        return self._ends[-1] if self._ends else 0

    @property
    def found_in(self) -> Collection[str]:
        """Ids of the entries that have matches."""
        return self._counts.keys()

    def update(self, query: Query, entries: Iterable[Entry]) -> None:
        """Search all of `entries`."""
        self.query = query
        self._keys, self._ends, self._hits, self._counts = [], [], [], {}
        counts: list[int] = []
        exact, count = query.exact_case, query.count
        for entry in entries:
            content = self._content(entry)
            found = count(content.text if exact else content.lower)
            if found:
                self._hits.append(len(self._keys))
                self._counts[entry.id] = found
                counts.append(found)
            self._keys.append(entry.id)
        self._order = {}
        self._ends = list(accumulate(counts))
        if len(self._contents) > 2 * len(self._keys) + 100:
            known = set(self._keys)
            self._contents = {k: c for k, c in self._contents.items() if k in known}

    def position(self, match: Match) -> int:
        """The number of `match` among all, from 1; 0 if it no longer exists."""
        if match.number >= self._counts.get(match.key, 0):
            return 0
        at = bisect_left(self._hits, self._place(match.key))
        return (self._ends[at - 1] if at else 0) + match.number + 1

    def count_in(self, key: str) -> int:
        """Matches in one entry."""
        return self._counts.get(key, 0)

    def step(self, match: Match | None, by: int, *, start: str | None = None) -> Match | None:
        """The next (`by` 1) or previous (-1) match, wrapping around; None if there is none.

        Without a `match`, the first one in the entry `start` or after it (before it).
        """
        self.wrapped = False
        if not self._hits:
            return None
        if match is not None:
            count = self._counts.get(match.key, 0)
            if 0 <= match.number + by < count:
                return Match(match.key, match.number + by)
            place = self._place(match.key)
            at = bisect_left(self._hits, place + (1 if by > 0 else 0)) - (0 if by > 0 else 1)
        else:
            place = self._place(start) if start is not None else 0
            at = bisect_left(self._hits, place + (0 if by > 0 else 1)) - (0 if by > 0 else 1)
        if not 0 <= at < len(self._hits):
            self.wrapped = True
            at %= len(self._hits)
        key = self._keys[self._hits[at]]
        return Match(key, 0 if by > 0 else self._counts[key] - 1)

    def _place(self, key: str) -> int:
        if not self._order:
            self._order = {name: number for number, name in enumerate(self._keys)}
        return self._order.get(key, len(self._keys))

    def _content(self, entry: Entry) -> _Content:
        text = entry.text
        # Entries change in place: the stamp holds what can change.
        given = (id(entry.args), id(entry.output))
        stamp = (entry.state, *given, entry.cut_chars, len(text) if text else 0)
        content = self._contents.get(entry.id)
        if content is None or content.stamp != stamp:
            source = entry_source(entry)
            lower = source.lower()
            if lower == source:
                lower = source
            if self._size > MAX_CONTENT:
                self._contents.clear()
                self._size = 0
            self._size += len(source)
            content = self._contents[entry.id] = _Content(stamp, source, lower)
        return content
