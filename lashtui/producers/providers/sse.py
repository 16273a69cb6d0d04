"""Server-sent events: bytes to the data of each event, framed as a browser would.

As lenient as pipes require: data without blank lines in between (`grep ^data`), or bare JSON lines.
An event's name is dropped: in each format here the data itself says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashtui.producers.lines import MAX_LINE, Line, LineSplitter
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashtui.producers import Produced

DONE = b"[DONE]"
"""OpenAI's last data: not JSON, and not always sent."""

_BOM = b"\xef\xbb\xbf"
_BRACE = b"{"

_check = msgspec.json.Decoder(msgspec.Raw).decode


class SseSplitter(LineSplitter):
    """Collects lines until an event is complete; a `Line` is an event's data."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        """`max_line`: bytes of a line, and of an event's data over all its lines."""
        super().__init__(max_line)
        self._carriage = False
        """The last byte was a carriage return: a newline that follows belongs to it."""
        self._data: list[bytes] = []
        self._data_size = 0
        self._began = 0
        """Number of the line that the data begins on."""
        self._over = False

    def feed(self, data: bytes) -> list[Line]:
        """The events that `data` completes."""
        if self._carriage or b"\r" in data:
            data = self._newlines(data)
        return self._events(super().feed(data))

    def flush(self) -> list[Line]:
        """The event that is waiting for its blank line, if its data is a complete value."""
        return [self._event()] if self._is_whole() else []

    def finish(self) -> list[Line]:
        """The last event, if its blank line is missing."""
        events = self._events(super().finish())
        return [*events, self._event()] if self._data else events

    def _newlines(self, data: bytes) -> bytes:
        """A lone carriage return ends a line too; JSON never holds a raw one."""
        if self._carriage and data.startswith(b"\n"):
            data = data[1:]
            self._carriage = False
        if data:
            self._carriage = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, lines: list[Line]) -> list[Line]:
        events: list[Line] = []
        for number, given, too_long in lines:
            data = given.removeprefix(_BOM) if number == 1 else given
            if too_long:
                self._add(number, b"", events)
                self._over = True
            elif not data:
                if self._data:
                    events.append(self._event())
            elif data.startswith(b"data:"):
                self._add(number, data[6:] if data[5:6] == b" " else data[5:], events)
            elif data.startswith(b"event:"):
                if self._is_whole():
                    events.append(self._event())
            elif data.startswith(_BRACE) and not self._data:
                events.append(Line(number, data))
            # Else a comment, an id or an unknown field, which the standard says to ignore.
        return events

    def _add(self, number: int, data: bytes, events: list[Line]) -> None:
        if self._data and self._is_whole():
            events.append(self._event())
        if not self._data:
            self._began = number
        self._data_size += len(data)
        if self._over or self._data_size > self._max:
            self._over, self._data = True, [b""]
        else:
            self._data.append(data)

    def _is_whole(self) -> bool:
        """Whether the one line collected is a complete value: then more data is another event."""
        if len(self._data) != 1 or self._over:
            return False
        if self._data[0] == DONE:
            return True
        try:
            _check(self._data[0])
        except (msgspec.DecodeError, RecursionError):
            return False
        return True

    def _event(self) -> Line:
        data = b"" if self._over else b"\n".join(self._data)
        event = Line(self._began, data, self._over)
        self._data.clear()
        self._data_size, self._over = 0, False
        return event


class SseProducer(RecordProducer):
    """The base of formats whose records are the data of server-sent events."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._lines: LineSplitter = SseSplitter(max_line)

    def on_done(self) -> None:
        """`[DONE]`: the response has ended."""

    def flush(self) -> list[Produced]:
        """Nothing came for a while: an event whose blank line is missing counts as complete."""
        assert isinstance(self._lines, SseSplitter)
        for line in self._lines.flush():
            self._take(line)
        return self._take_out()

    def _take(self, line: Line) -> None:
        if line.data == DONE:
            self.on_done()
        else:
            super()._take(line)
