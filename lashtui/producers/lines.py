"""Bytes to lines: only a newline byte ends a line, and a line's length is bounded."""

from __future__ import annotations

from typing import NamedTuple

MAX_LINE = 16 * 1024 * 1024
"""Bytes. A tool's whole output may stand in one line; this stops an input without newlines."""


class Line(NamedTuple):
    """One line without its newline."""

    number: int
    data: bytes
    too_long: bool = False
    """Its bytes were dropped."""


class LineSplitter:
    """Collects bytes until a newline."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._max = max_line
        self._parts: list[bytes] = []
        self._size = 0
        self._too_long = False
        self._number = 0

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completes."""
        lines = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            if self._parts or self._too_long or len(part) > self._max:
                self._collect(part)
                lines.append(self._take())
            else:  # most lines arrive whole
                self._number += 1
                lines.append(Line(self._number, part))
        self._collect(rest)
        return lines

    def finish(self) -> list[Line]:
        """The last line, if no newline ended it."""
        return [self._take()] if self._size or self._too_long else []

    def _collect(self, part: bytes) -> None:
        if not part:
            return
        if self._too_long or self._size + len(part) > self._max:
            self._too_long = True
            self._parts.clear()
            return
        self._parts.append(part)
        self._size += len(part)

    def _take(self) -> Line:
        self._number += 1
        line = Line(self._number, b"".join(self._parts), self._too_long)
        self._parts.clear()
        self._size, self._too_long = 0, False
        return line
