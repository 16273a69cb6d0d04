"""`gemini --output-format stream-json`: deltas without ids, calls, one result.

No thoughts, no exit codes, no retries: a failed command is reported as a success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import AssistantProseDelta, ModelRequestStarted
from lashd.text import short
from lashtui.producers.dedupe import counters, failed, succeeded
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import map_of, text_of, time_of, todo_items
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached": "cached_input_tokens",
}


class GeminiStreamProducer(RecordProducer):
    """Lines to payloads."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._blocks = 0
        self._key = ""
        """The block that prose continues; a call begins a new one."""

    def on_record(self, record: Record) -> None:
        """One event."""
        kind = record["type"]
        self.at = time_of(record.get("timestamp"))
        if kind == "message":
            self._on_message(record)
        elif kind == "tool_use":
            self._end_text()
            name = short(text_of(record, "tool_name")) or "tool"
            self.calls.start(record["tool_id"], name, record.get("parameters"), at=self.at)
        elif kind == "tool_result":
            self._end_text()
            self._on_result_of(record)
        elif kind == "init":
            self._end_text()
            self.opened(agent="Gemini CLI", model=text_of(record, "model"))
            self.emit(ModelRequestStarted())
        elif kind == "error":
            self._on_error(record)
        elif kind == "result":
            self._on_result(record)
        else:
            self.unknown(str(kind), record)

    def _on_message(self, record: Record) -> None:
        text = text_of(record, "content")
        if record.get("role") == "user":
            self._end_text()
            self.user(text)
            return
        if record.get("delta") is not True:
            self._end_text()
        if not self._key:
            self._blocks += 1
            self._key = f"text-{self._blocks}"
        self.texts.delta(self._key, text, AssistantProseDelta)

    def _on_result_of(self, record: Record) -> None:
        call_id = record["tool_id"]
        call = self.calls.open.get(call_id)
        self.calls.complete(call_id, _output(record), at=self.at)
        if call is not None and call.name == "write_todos" and record.get("status") == "success":
            items = todo_items(call.args)
            if items is not None:
                self.plan(items)

    def _end_text(self) -> None:
        if self._key:
            self.texts.close(self._key)
            self._key = ""

    def _on_error(self, record: Record) -> None:
        message = plain_message(text_of(record, "message"))
        if record.get("severity") == "warning":
            self.diagnose("warning", {"message": short(message, 4096)})
        else:
            self.error(message)

    def _on_result(self, record: Record) -> None:
        self._end_text()
        self.usage(counters(map_of(record, "stats"), _USAGE))
        if record.get("status") != "success":
            self.error(plain_message(text_of(map_of(record, "error"), "message")))
        self.commit()


def _output(record: Record) -> object:
    output = record.get("output")
    if record.get("status") == "success":
        return succeeded(output)
    message = text_of(map_of(record, "error"), "message") or text_of(record, "output")
    return failed(message or "failed", output if output not in (None, message) else None)
