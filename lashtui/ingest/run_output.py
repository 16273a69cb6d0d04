"""What the user of `lashtui run` sees of an agent that prints events: text again.

On a terminal that is the session as it happens. Elsewhere it is what the agent itself would have
printed: its answer. If the format's reader fails, the output is passed on unchanged.
"""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Any

from lashd.events import (
    AssistantProseDelta,
    Committed,
    Error,
    ModelAttemptReset,
    TurnActivity,
    payload_to_wire,
)
from lashtui.stream.text import TextWriter
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashtui.producers import Produced, Producer

MAX_ANSWER = 4 * 1024 * 1024
"""Characters held of a message that is printed once it is known to be the last."""


class LiveText:
    """Everything as it comes, as `lashtui attach` prints it."""

    def __init__(self, *, colour: bool) -> None:
        self._writer = TextWriter(colour=colour)
        self._count = 0

    def text_of(self, produced: Produced) -> str:
        """The text of one payload."""
        return self._writer.write(self._record(produced))

    def finish(self) -> str:
        """What ends the last line."""
        return self._writer.finish()

    def _record(self, produced: Produced) -> dict[str, Any]:
        record = payload_to_wire(produced.payload)
        activity = record.get("activity")
        if isinstance(activity, dict) and not activity.get("id"):
            self._count += 1  # the publisher gives ids; here each needs its own
            activity = {**activity, "id": f"shown-{self._count}"}
        return {**record, "activity": activity} if activity is not None else record


class Answer:
    """Only the agent's own prose: all of it as it comes, or each turn's last message."""

    def __init__(self, *, last_only: bool) -> None:
        self._last_only = last_only
        self._entry_id: str | None = None
        self._held: list[str] = []
        self._size = 0
        self._ends_line = True

    def text_of(self, produced: Produced) -> str:
        """The text to print now."""
        payload = produced.payload
        if isinstance(payload, Committed):
            return self.finish()
        if not isinstance(payload, TurnActivity) or payload.parent is not None:
            return ""
        event = payload.event
        if isinstance(event, AssistantProseDelta):
            return self._prose(event.text, payload.correlation_id or "")
        if isinstance(event, ModelAttemptReset) and self._entry_id in event.correlation_ids:
            self._drop()
        elif isinstance(event, Error):
            return self.finish() + f"{safe_text(event.message)}\n"
        return ""

    def finish(self) -> str:
        """What is left of a turn, on its own line."""
        text = "".join(self._held)
        self._drop()
        if text:
            self._ends_line = text.endswith("\n")
        text, self._ends_line = text if self._ends_line else f"{text}\n", True
        return text

    def _prose(self, text: str, entry_id: str) -> str:
        text = safe_text(text)
        if entry_id != self._entry_id:
            if self._last_only:
                self._drop()
            elif not self._ends_line:
                text = f"\n{text}"
            self._entry_id = entry_id
        if not self._last_only:
            self._ends_line = text.endswith("\n") if text else self._ends_line
            return text
        if self._size < MAX_ANSWER:
            self._held.append(text)
            self._size += len(text)
        return ""

    def _drop(self) -> None:
        self._held.clear()
        self._size = 0
        self._entry_id = None


class RunOutput:
    """A producer whose events are also written to a file descriptor, as text."""

    def __init__(self, producer: Producer, view: LiveText | Answer, descriptor: int = 1) -> None:
        self._producer = producer
        self._view = view
        self._descriptor = descriptor
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
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes."""
        produced = self._guarded(lambda: self._producer.feed(data))
        if self._broke:
            self._write(data)
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return self._guarded(self._producer.flush)

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The output has ended."""
        produced = self._guarded(lambda: self._producer.finish(outcome))
        self._write(self._view.finish().encode("utf-8", "replace"))
        return produced

    def take_warnings(self) -> list[str]:
        """The format's, and one if its reader failed."""
        warnings, self._warnings = self._warnings, []
        return self._producer.take_warnings() + warnings

    def _guarded(self, produce: Callable[[], list[Produced]]) -> list[Produced]:
        if self._broke:
            return []
        try:
            produced = produce()
            text = "".join(map(self._view.text_of, produced))
        except Exception as problem:  # a bug in a reader must not cost the user the output
            self._broke = True
            self._warnings.append(f"can't read the output, showing it unchanged: {problem!r}")
            return []
        self._write(text.encode("utf-8", "replace"))
        return produced

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left and self._descriptor >= 0:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                # Nobody reads our output any more; the session's viewers still do.
                self._descriptor = -1
