"""`kimi -p --output-format stream-json`: whole chat messages, and what is tried again.

No thoughts, no token counts, no errors; a tool's own output may stand between the records.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from lashd.events import JsonValue, ModelRequestStarted, RetryStatus
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, todo_items
from lashtui.producers.kimi.results import AGENT, PLAN, result_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_ARGS = 1024 * 1024
"""Characters of a call's arguments that are read as JSON; longer ones stay text."""


class KimiStreamProducer(RecordProducer):
    """Lines to payloads."""

    has_plain_text: ClassVar[bool] = True

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._messages = 0

    def on_record(self, record: Record) -> None:
        """One message, or a remark."""
        self.opened(agent=AGENT)
        role = record.get("role")
        if role == "assistant":
            self._on_answer(record)
        elif role == "tool":
            self._on_result(record)
        elif role == "user":
            self.user(text_of(record, "content"))
        elif role == "meta":
            self._on_meta(text_of(record, "type"), record)
        else:
            self.unknown(str(record.get("type") or role), record)

    def _on_meta(self, kind: str, record: Record) -> None:
        if kind == "turn.step.retrying":
            wait = exact_number(record.get("delay_ms")) or 0
            attempt, most = int_of(record, "failed_attempt") or 0, int_of(record, "max_attempts")
            why = text_of(record, "error_message") or text_of(record, "error_name")
            self.emit(RetryStatus(wait / 1000, attempt, most, short(why, 4096) or ""))
        elif kind not in ("system.version", "session.resume_hint"):
            self.unknown(kind, record)

    def _on_answer(self, record: Record) -> None:
        """The last one of a turn calls nothing."""
        self._messages += 1
        if not self.in_turn:
            self.emit(ModelRequestStarted())
        if said := text_of(record, "content"):
            self.texts.final(f"message-{self._messages}", said)
        calls = maps_of(record, "tool_calls")
        for call in calls:
            function = map_of(call, "function")
            name = text_of(function, "name") or "tool"
            self.calls.start(call["id"], name, _arguments(text_of(function, "arguments")))
        if not calls:
            self.commit()

    def _on_result(self, record: Record) -> None:
        key = record["tool_call_id"]
        call = self.calls.open.get(key)
        self.calls.complete(key, result_of(text_of(record, "content"), is_error=False))
        items = todo_items(call.args) if call is not None and call.name == PLAN else None
        if items is not None:
            self.plan(items)


def _arguments(given: str) -> JsonValue:
    if len(given) > MAX_ARGS:
        return given
    try:
        value: JsonValue = json.loads(given)
    except (ValueError, RecursionError):
        return given
    return value
