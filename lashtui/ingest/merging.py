"""The lines of several files in the order of their times. Pure: who pulls gives the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashtui.producers.fields import time_of
from lashtui.producers.lines import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Callable


class _Timed(msgspec.Struct):
    timestamp: str | int | None = None
    time: str | int | float | None = None
    """As Kimi calls it."""


_decode = msgspec.json.Decoder(_Timed).decode


class Lines:
    """The next lines of one file. It holds one line, and what was pulled with it."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        """`pull` gives more of the file; nothing: there is no more for now."""
        self._pull = pull
        self._buffer = b""
        self._start = 0
        self._end = 0
        """Where the next line ends; 0: not known."""
        self._last = 0

    def next_at(self) -> int | None:
        """Unix milliseconds of the next line, None if no whole line is there.

        Lines of one file keep their order: one without a time, or from before the line in front of
        it, is as old as that one.
        """
        if not self._end:
            self._find()
            if not self._end:
                return None
            self._last = max(self._last, _time_of(self._buffer[self._start : self._end]))
        return self._last

    def take(self) -> bytes:
        """The next line with its newline; `next_at` has found it."""
        line = self._buffer[self._start : self._end]
        self._start, self._end = self._end, 0
        return line

    def rest(self) -> bytes:
        """The beginning of a line that is not whole yet. It is not kept."""
        rest = self._buffer[self._start :]
        self._buffer, self._start, self._end = b"", 0, 0
        return rest

    def _find(self) -> None:
        looked_at = self._start
        while True:
            end = self._buffer.find(b"\n", looked_at) + 1
            if not end and len(self._buffer) - self._start > MAX_LINE:
                end = len(self._buffer)  # the producer skips what is too long
            if end:
                self._end = end
                return
            data = self._pull()
            if not data:
                return
            looked_at = len(self._buffer) - self._start
            self._buffer = self._buffer[self._start :] + data
            self._start = 0


def _time_of(line: bytes) -> int:
    try:
        told = _decode(line)
        return time_of(told.timestamp if told.timestamp is not None else told.time) or 0
    except (msgspec.DecodeError, ValueError, RecursionError):
        return 0
