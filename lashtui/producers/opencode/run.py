"""`opencode run --format json`: whole parts, printed when they are finished.

No deltas, no running tools, no prompt; retries are silent, and a subagent is one call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import AssistantProseDelta, ModelRequestStarted, ReasoningDelta
from lashd.text import short
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import map_of, text_of, time_of
from lashtui.producers.opencode.parts import emit_tool, error_message, plan_items, step_usage
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_GOES_ON = frozenset({"tool-calls", "unknown"})
"""Reasons after which another step follows: `unknown` is a stream that was cut, and is repeated."""


class OpencodeRunProducer(RecordProducer):
    """Lines to payloads."""

    def on_record(self, record: Record) -> None:
        """One finished part, or an error."""
        kind = record["type"]
        self.at = time_of(record.get("timestamp"))
        if kind == "error":
            self.opened(agent="opencode")
            self._on_error(record)
            return
        part = record["part"]
        if kind == "text":
            self.texts.final(part["id"], part["text"], AssistantProseDelta)
        elif kind == "reasoning":
            self.texts.final(part["id"], part["text"], ReasoningDelta)
        elif kind == "tool_use":
            emit_tool(self.calls, part, self.at)
            is_plan = part.get("tool") == "todowrite" and part["state"]["status"] == "completed"
            if is_plan:
                self.plan(plan_items(map_of(part["state"], "input")))
        elif kind == "step_start":
            self.opened(agent="opencode")
            self.emit(ModelRequestStarted())
        elif kind == "step_finish":
            self._on_step_end(part)
        else:
            self.unknown(str(kind), record)

    def _on_step_end(self, part: Record) -> None:
        self.request(step_usage(part))
        reason = text_of(part, "reason")
        if reason in _GOES_ON:
            return
        if reason == "error":
            self.error("The model's answer ended with an error.")
        elif reason != "stop":
            self.diagnose("stop_reason", {"reason": short(reason)})
        self.commit()

    def _on_error(self, record: Record) -> None:
        """The turn's end: nothing follows it."""
        error = map_of(record, "error")
        if text_of(error, "name") == "MessageAbortedError":
            self.begin_turn()
            self.diagnose("interrupted")
        else:
            self.error(plain_message(error_message(error)))
        self.commit()
