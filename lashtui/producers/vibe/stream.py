"""`vibe -p --output streaming`: whole entries, printed when they are finished.

No deltas, no running tools, no token counts; an error is on stderr alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import JsonValue, ReasoningDelta
from lashd.text import short
from lashtui.producers.dedupe import cancelled, failed, succeeded
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, todo_items
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

AGENT: Final = "Mistral Vibe"
_RUNS: Final = ("", "pending", "running", "in_progress", "streaming")
_REFUSED: Final = ("cancelled", "canceled", "denied", "rejected", "skipped", "interrupted")


class VibeProducer(RecordProducer):
    """Lines to payloads."""

    ends_itself: ClassVar[bool] = False

    def on_record(self, record: Record) -> None:
        """One entry."""
        self.opened(agent=AGENT)
        self.at = int_of(record, "updatedAt") or int_of(record, "createdAt")
        kind, key = text_of(record, "type"), text_of(record, "id")
        if kind == "message":
            self._on_message(record, key)
        elif kind == "reasoning":
            said = text_of(record, "text") or "\n\n".join(_texts(record.get("summary")))
            if said:
                self.texts.final(key, said, ReasoningDelta)
        elif kind == "effect":
            self._on_effect(record, key)
        else:
            self.unknown(kind, record)

    def _on_message(self, record: Record, key: str) -> None:
        said = "\n".join(_texts(record.get("content")))
        if record.get("role") == "user":
            if record.get("source") == "turn_start" and self.in_turn:
                with self.as_of_the_newest():
                    self.commit()
            self.user(said)
            return
        if said:
            self.texts.final(key, said)
        outcome = map_of(record, "outcome")
        if text_of(outcome, "type") == "discarded" and text_of(outcome, "cause") == "interrupt":
            self.diagnose("interrupted")
            self.commit()

    def _on_effect(self, record: Record, key: str) -> None:
        """A tool's work."""
        detail, state = map_of(record, "detail"), map_of(record, "state")
        given = detail.get("input")
        name = (text_of(detail, "toolName") or text_of(record, "title")).rpartition(".")[2]
        began = int_of(record, "createdAt")
        ended, self.at = self.at, began or self.at
        self.calls.start(key, name or "tool", given, at=began)
        self.at = ended
        if text_of(state, "status") in _RUNS:
            return
        self.calls.complete(key, _result(state), at=ended)
        items = todo_items(given)
        if items is not None and text_of(state, "status") == "completed":
            self.plan(items)


def _result(state: Record) -> JsonValue:
    output = map_of(state, "output")
    text = text_of(state, "outputText")
    status = text_of(state, "status")
    if status in _REFUSED:
        return cancelled(short(text_of(state, "error") or text, 4096) or None)
    if status == "failed" or map_of(state, "display").get("success") is False:
        code = int_of(output, "exitCode") or int_of(output, "returncode")
        if code:
            return failed(f"exit code {code}", text, code)
        problem = text_of(state, "error") or text_of(map_of(state, "error"), "message")
        return failed(problem or text or "failed", text if problem else None)
    return succeeded(text or None)


def _texts(content: object) -> list[str]:
    """The texts of a message's blocks."""
    if isinstance(content, str):
        return [content]
    blocks = maps_of({"content": content}, "content")
    return [text for text in (text_of(each, "text") for each in blocks) if text]
