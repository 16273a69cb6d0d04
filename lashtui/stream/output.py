"""Stdout of a stream: whole batches, written and flushed before the reader's cursor moves."""

from __future__ import annotations

import os
import select

from lashtui.diagnostics import say
from lashtui.stream.json_line import json_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Protocol

    from lashd.protocol.records import Record

    class Writer(Protocol):
        """Records to text."""

        def write(self, record: Record) -> str:
            """The text of one record."""

        def finish(self) -> str:
            """The text of the end."""


class Output:
    """Writes records to a file descriptor, as JSON lines or as text."""

    def __init__(
        self,
        form: Literal["json", "text"],
        descriptor: int = 1,
        writer: Writer | None = None,
    ) -> None:
        """`writer`: makes the text; by default that of an attachment's records."""
        self._descriptor = descriptor
        self._text = writer
        if form == "text" and writer is None:
            from lashtui.stream.text import TextWriter  # JSON needs none of it
            from lashtui.text.colour import has_colour

            is_terminal = os.isatty(descriptor)
            colour = is_terminal and has_colour(os.environ)
            self._text = TextWriter(colour=colour, redraws=is_terminal)
        self._poll = select.poll()
        self._poll.register(descriptor, 0)  # errors and hang-ups are always reported

    def write(self, records: list[Record]) -> None:
        """Write `records`, all of them.

        Raises:
            BrokenPipeError: the reader has gone.
        """
        if self._text is None:
            self._put("".join(json_line(record) for record in records))
            return
        for record in records:
            _report_connection(record)
        self._put("".join(map(self._text.write, records)))

    def finish(self, end: Record) -> None:
        """Write the end of the stream.

        Raises:
            BrokenPipeError: the reader has gone.
        """
        self._put(json_line(end) if self._text is None else self._text.finish())

    @property
    def is_closed(self) -> bool:
        """The reader of our pipe has gone. Known without writing to it."""
        return any(event & (select.POLLERR | select.POLLNVAL) for _, event in self._poll.poll(0))

    def _put(self, text: str) -> None:
        # A lone surrogate can't come over the wire; if one did, it must not end the stream.
        left = memoryview(text.encode("utf-8", "replace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # another process that shares the pipe made it non-blocking
                select.select([], [self._descriptor], [])


def _report_connection(record: Record) -> None:
    """The text shows what the agent did; changes of the connection go to stderr."""
    if record.get("type") == "disconnected":
        wait = record.get("retry_in")
        soon = f"; next try in {wait:.1f} s" if isinstance(wait, int | float) else ""
        say(f"-- disconnected: {record.get('reason')}{soon}")
    elif record.get("type") == "reconnected":
        say("-- reconnected")
