"""`pi --mode json`: text and thoughts as they come, calls, retries, the queue.

Versions up to 0.74 repeat the whole message in each update, and don't say when a run has settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.events import (
    AssistantProseDelta,
    ModelRequestStarted,
    QueueChanged,
    ReasoningDelta,
    SessionOutcome,
    SessionQueueEventKind,
)
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.pi.messages import AGENT, FAILED, PiMessages, said_in

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers.dedupe import Text

MAX_QUEUED: Final = 256
"""Queued messages that are followed; a person types few."""

_TEXTS: Final[dict[str, Text]] = {
    "text_delta": AssistantProseDelta,
    "thinking_delta": ReasoningDelta,
}
_QUIET: Final = frozenset(
    {
        *("turn_start", "turn_end", "auto_retry_end", "entry_appended", "thinking_level_changed"),
        *("summarization_retry_attempt_start", "summarization_retry_finished"),
        *("compaction_start", "bash_execution_update", "tool_execution_update", "response"),
    }
)


class PiStreamProducer(PiMessages):
    """Lines to payloads."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._may_end = False
        """An older version's run has ended, unless it is tried again."""
        self._queued: list[str] = []
        self._delivered = 0

    def on_record(self, record: Record) -> None:
        """One event."""
        kind = text_of(record, "type")
        if kind == "session":
            self.opened(agent=AGENT, directory=text_of(record, "cwd"))
        elif kind == "message_update":
            self._on_update(map_of(record, "assistantMessageEvent"))
        elif kind == "message_start":
            self._on_start(map_of(record, "message"))
        elif kind == "message_end":
            self._on_message(map_of(record, "message"))
        elif kind == "tool_execution_start":
            name = text_of(record, "toolName") or "tool"
            self.calls.start(record["toolCallId"], name, record.get("args"))
        elif kind == "tool_execution_end":
            name = text_of(record, "toolName") or "tool"
            self.complete(record["toolCallId"], name, map_of(record, "result"), record)
        elif kind == "agent_start":
            self._may_end = False
        elif kind == "agent_end":
            self._may_end = "willRetry" not in record
        elif kind == "agent_settled":
            self._end(was_aborted=record.get("aborted") is True)
        elif kind not in _QUIET:
            self._on_news(kind, record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: the run of an older version has ended."""
        if self._may_end:
            self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """Nothing is tried again any more."""
        if self._may_end:
            self._end()
        elif self.failure is not None:
            self.tell_failure()

    def _on_update(self, update: Record) -> None:
        event = _TEXTS.get(text_of(update, "type"))
        if event is not None:
            self.texts.delta(self.key_of(update.get("contentIndex")), update["delta"], event)

    def _on_start(self, message: Record) -> None:
        if message.get("role") == "assistant":
            self.begin_answer()
            self.emit(ModelRequestStarted())

    def _on_message(self, message: Record) -> None:
        role = message.get("role")
        if role == "user":
            self.user(said_in(message.get("content")))
        elif role == "assistant":
            if message.get("stopReason") not in FAILED:
                self._end_texts(message)
            self.end_answer(message)
        elif role == "toolResult":
            name = text_of(message, "toolName") or "tool"
            self.complete(message["toolCallId"], name, message, message)
        elif role == "custom" and message.get("display") is True:
            self.diagnose("note", {"message": short(said_in(message.get("content")), 4096)})

    def _end_texts(self, message: Record) -> None:
        for index, block in enumerate(maps_of(message, "content")):
            if block.get("type") == "text":
                self.texts.final(self.key_of(index), text_of(block, "text"))
            elif block.get("type") == "thinking":
                self.texts.final(self.key_of(index), text_of(block, "thinking"), ReasoningDelta)

    def _on_news(self, kind: str, record: Record) -> None:
        if kind in ("auto_retry_start", "summarization_retry_scheduled"):
            wait = exact_number(record.get("delayMs")) or 0
            attempt, most = int_of(record, "attempt") or 0, int_of(record, "maxAttempts")
            self._may_end = False
            self.retry(wait / 1000, attempt, most, text_of(record, "errorMessage"))
        elif kind == "compaction_end":
            self._on_compaction(record)
        elif kind == "queue_update":
            self._on_queue(record)
        elif kind == "session_info_changed":
            self.opened(agent=AGENT, title=text_of(record, "name"))
        elif kind == "extension_error":
            self.diagnose("extension_error", {"message": short(text_of(record, "error"), 4096)})
        else:
            self.unknown(kind, record)

    def _on_compaction(self, record: Record) -> None:
        result, problem = map_of(record, "result"), text_of(record, "errorMessage")
        if result:
            before = int_of(result, "tokensBefore")
            self.diagnose("compact_boundary", {"pre_tokens": before})
            self.note_context(int_of(result, "estimatedTokensAfter"))
        elif problem:
            self.diagnose("warning", {"message": short(f"compaction failed: {problem}", 4096)})

    def _on_queue(self, record: Record) -> None:
        """Both lists are whole each time; what is not there any more was delivered."""
        lists = (record.get("steering"), record.get("followUp"))
        now = [each for one in lists if isinstance(one, list) for each in one]
        now = [each for each in now if isinstance(each, str)][:MAX_QUEUED]
        gone = max(0, len(self._queued) - len(now))
        if gone:
            ids = [f"queued-{self._delivered + number}" for number in range(gone)]
            self._delivered += gone
            self.emit_payload(QueueChanged(SessionQueueEventKind.DELIVERED, ids))
        for number in range(len(self._queued) - gone, len(now)):
            key = f"queued-{self._delivered + number}"
            said = {"text": short(now[number], 4096)}
            self.emit_payload(QueueChanged(SessionQueueEventKind.ENQUEUED, [key], {key: said}))
        self._queued = now

    def _end(self, *, was_aborted: bool = False) -> None:
        self._may_end = False
        self.tell_failure(was_aborted=was_aborted)
        if self.in_turn:
            self.commit()
