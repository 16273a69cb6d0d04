"""What the user of `lashtui run` sees of an agent that prints events: text again.

On a terminal that is the session as it happens. Elsewhere it is what the agent itself would have
printed. If the format's reader fails, the output is passed on unchanged.
"""

from __future__ import annotations

import json
import os
import select
from typing import TYPE_CHECKING, Any

from lashd.events import payload_to_wire
from lashtui.ingest.answer import ERR, OUT, Print
from lashtui.producers.lines import LineSplitter
from lashtui.stream.text import TextWriter
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.ingest.answer import Answer
    from lashtui.ingest.exits import Exit
    from lashtui.producers import Produced, Producer
    from lashtui.producers.lines import Line


class LiveText:
    """Everything as it comes, as `lashtui attach` prints it."""

    def __init__(self, *, colour: bool) -> None:
        self._writer = TextWriter(colour=colour)
        self._count = 0

    def of_record(self, record: Record) -> list[Print]:
        """Nothing: the payloads say it all."""
        return []

    def of_payload(self, produced: Produced) -> list[Print]:
        """The text of one payload."""
        return [Print(OUT, self._writer.write(self._record(produced)))]

    def finish(self) -> list[Print]:
        """What ends the last line."""
        return [Print(OUT, self._writer.finish())]

    def _record(self, produced: Produced) -> dict[str, Any]:
        record = payload_to_wire(produced.payload)
        activity = record.get("activity")
        if isinstance(activity, dict) and not activity.get("id"):
            self._count += 1  # the publisher gives ids; here each needs its own
            activity = {**activity, "id": f"shown-{self._count}"}
        return {**record, "activity": activity} if activity is not None else record


class AnswerAlone:
    """What the agent itself would have printed, byte for byte."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def of_record(self, record: Record) -> list[Print]:
        """What is printed at one record of the stream."""
        return self._answer.read(record)

    def of_payload(self, produced: Produced) -> list[Print]:
        """Nothing: the records say it all."""
        return []

    def finish(self) -> list[Print]:
        """What is printed at the end."""
        return self._answer.finish()


class RunOutput:
    """A producer whose events are also shown to the command's user.

    A line that is no event is shown as it is: the agent would have printed it, too.
    """

    def __init__(
        self,
        producer: Producer,
        view: LiveText | AnswerAlone,
        targets: Mapping[int, int],
        exits: Exit | None = None,
    ) -> None:
        """`targets`: the descriptors for `OUT` and `ERR`; `exits` knows the agent's exit code."""
        self._producer = producer
        self._exits = exits
        self._view = view
        self._targets = dict(targets)
        self._is_terminal = os.isatty(self._targets[ERR])
        self._lines = LineSplitter()
        self._broke = False
        self._warnings: list[str] = []

    @property
    def chosen(self) -> str | None:
        """The format that was recognised."""
        return self._producer.chosen

    @property
    def is_text(self) -> bool:
        """Whether the input is read as plain text."""
        return self._producer.is_text

    @property
    def is_readable(self) -> bool:
        """Whether all of the input could be read."""
        return self._producer.is_readable

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def exit_code(self, own: int) -> int:
        """The agent's exit code without the options for events; `own` is the one that it had."""
        return own if self._exits is None else self._exits.code(own)

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes."""
        produced = self._guarded(lambda: self._producer.feed(data), self._lines.feed(data))
        if self._broke:
            self._write(OUT, data)
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return self._guarded(self._producer.flush, [])

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The output has ended."""
        produced = self._guarded(lambda: self._producer.finish(outcome), self._lines.finish())
        if not self._broke:
            self._show(self._view.finish())
        return produced

    def take_warnings(self) -> list[str]:
        """The format's, and one if its reader failed."""
        warnings, self._warnings = self._warnings, []
        return self._producer.take_warnings() + warnings

    def _guarded(self, produce: Callable[[], list[Produced]], lines: list[Line]) -> list[Produced]:
        if self._broke:
            return []
        try:
            produced = produce()
            for each in produced:
                self._show(self._view.of_payload(each))
            for line in lines:
                self._show_line(line)
        except Exception as problem:  # a bug in a reader must not cost the user the output
            self._broke = True
            self._warnings.append(f"can't read the output, showing it unchanged: {problem!r}")
            return []
        return produced

    def _show_line(self, line: Line) -> None:
        record = _record_of(line.data)
        if record is not None:
            if self._exits is not None:
                self._exits.read(record)
            self._show(self._view.of_record(record))
        elif not line.too_long:
            self._show(self._view.finish())
            self._write(OUT, line.data + b"\n")

    def _show(self, prints: list[Print]) -> None:
        for target, text in prints:
            if target == ERR and self._is_terminal:
                text = safe_text(text)  # noqa: PLW2901
            # A lone surrogate is no character; the agent would have printed the same for it.
            whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            self._write(target, whole.encode())

    def _write(self, target: int, data: bytes) -> None:
        descriptor = self._targets[target]
        left = memoryview(data)
        while left and descriptor >= 0:
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:
                select.select([], [descriptor], [])
            except OSError:
                # Nobody reads our output any more; the session's viewers still do.
                self._targets[target] = descriptor = -1


def _record_of(data: bytes) -> Record | None:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
