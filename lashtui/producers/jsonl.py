"""`jsonl`: one event object, bare activity or lash record per line. It never commits by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lashd.errors import InvalidEvent
from lashd.events import payload_from_json
from lashd.exact import MAX_EXACT
from lashd.protocol.records import CONTROL
from lashtui.producers import Produced, Producer
from lashtui.producers.lines import MAX_LINE, Line, LineSplitter
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashd.events import SessionOutcome

MAX_WARNINGS = 100
"""Warnings held until taken; an input that isn't jsonl at all must not fill the memory."""


class JsonlProducer(Producer):
    """Lines to payloads; a line that is not an event gives a warning with its number."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._lines = LineSplitter(max_line)
        self._warnings: list[str] = []

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads of the lines that `data` completes."""
        return self._produce(self._lines.feed(data))

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The last line, if no newline ended it."""
        return self._produce(self._lines.finish())

    def take_warnings(self) -> list[str]:
        """Sentences about skipped lines, since the last call."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def _produce(self, lines: list[Line]) -> list[Produced]:
        produced = (self._one(line) for line in lines)
        return [each for each in produced if each is not None]

    def _one(self, line: Line) -> Produced | None:
        if line.too_long:
            self._warn(line, "it is too long")
            return None
        text = line.data.decode("utf-8", "replace")
        if not text.strip():
            return None
        try:
            payload, wire = payload_from_json(text)
        except InvalidEvent as error:
            if not _is_snapshot(text):
                self._warn(line, str(error))
            return None
        if wire.get("type") in CONTROL and isinstance(wire.get("cursor"), str):
            return None  # about the stream of `attach --format json`; its events are published
        at, revision = _number(wire.get("at")), _number(wire.get("revision"))
        return Produced(payload, at, revision, line.number)

    def _warn(self, line: Line, why: str) -> None:
        if len(self._warnings) < MAX_WARNINGS:
            self._warnings.append(f"line {line.number} skipped: {safe_line(why, 200)}")


def _number(value: object) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_EXACT
    return value if good else None  # type: ignore[return-value]


def _is_snapshot(text: str) -> bool:
    """An `observation` record of a stream: its events came before, or never come."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("type") == "observation" and "cursor" in record
