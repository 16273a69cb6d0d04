"""Stdout of a stream: whole batches, written and flushed before anybody's cursor moves."""

from __future__ import annotations

import json
import math
import os
import re
import select
from typing import TYPE_CHECKING, Any, Literal

from lashtui.diagnostics import say
from lashtui.stream.text import TextWriter
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashd.protocol.records import Record


class Output:
    """Writes records to a file descriptor, as JSON lines or as text."""

    def __init__(self, form: Literal["json", "text"], descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._text: TextWriter | None = None
        if form == "text":
            colour = os.isatty(descriptor) and not os.environ.get("NO_COLOR")
            self._text = TextWriter(colour=colour)
        self._poll = select.poll()
        self._poll.register(descriptor, 0)  # errors and hang-ups are reported without being asked

    def write(self, records: list[Record]) -> None:
        """Write `records`, all of them.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        if self._text is None:
            self._put("".join(json_line(record) for record in records))
            return
        for record in records:
            _tell_connection(record)
        self._put("".join(map(self._text.write, records)))

    def finish(self, end: Record) -> None:
        """Write the end of the stream.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        self._put(json_line(end) if self._text is None else self._text.finish())

    @property
    def is_closed(self) -> bool:
        """The reader of our pipe has gone, although nothing has been written since."""
        return any(event & (select.POLLERR | select.POLLNVAL) for _, event in self._poll.poll(0))

    def _put(self, text: str) -> None:
        # A lone surrogate can't come over the wire; should one, it must not end the stream.
        left = memoryview(text.encode("utf-8", "replace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # somebody who shares the pipe made it so
                select.select([], [self._descriptor], [])


# What JSON leaves as it is and a terminal, or a reader of lines, takes as a command (see
# `lashtui.text.sanitize`). Outside of strings JSON has none of it, so an escape is always right.
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(record: Record) -> str:
    """One record as one line of valid JSON."""
    try:
        text = _encode(record)
    except ValueError:
        text = _encode(_without_nan(record))
    return _ESCAPED.sub(_escape, text) + "\n"


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=repr
).encode


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _without_nan(value: Any) -> Any:
    """JSON has no NaN and no infinities; msgpack has."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return value


def _tell_connection(record: Record) -> None:
    """Text is what the agent did; the connection's fate goes to stderr."""
    if record.get("type") == "disconnected":
        wait = record.get("retry_in")
        soon = f"; next try in {wait:.1f} s" if isinstance(wait, int | float) else ""
        say(f"-- disconnected: {safe_line(str(record.get('reason')))}{soon}")
    elif record.get("type") == "reconnected":
        say("-- reconnected")
