"""What raw streams of model providers share: a response is one request of a turn, not the turn.

What the events mean, lashd's translators know; this is their sink. A turn is inferred: a response
that asks for tools is followed by another one, any other response ends it. What a tool gave back
goes into the next request, which the stream doesn't show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lashd.events import (
    AssistantProseDelta,
    CodeBlockCompleted,
    CodeBlockStarted,
    ModelRequestStarted,
    ReasoningDelta,
    SessionOutcome,
)
from lashd.text import short
from lashtui.producers.dedupe import failed, succeeded, tidy
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import text_of, used_by
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.required import missing
from lashtui.producers.providers.sse import SseProducer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashd.events import JsonValue
    from lashd.protocol.records import Record
    from lashd.publish.sdk.translator import Translator
    from lashtui.producers import Produced

MAX_CODE = 64 * 1024
"""Characters of executed code: at most 256 KiB."""
MAX_LATE = 64
"""Counters that wait for the next turn; a lull leaves one."""
NO_RESULT = "its result is not in this stream"
"""Why a call ends without an outcome."""

CONTINUES = frozenset({"tool_calls", "function_call", "tool_use", "pause_turn"})
"""Reasons to stop after which the same turn continues with another response."""
ENDS_WELL = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", ""})


class ProviderProducer(SseProducer):
    """Responses to turns."""

    dialects: ClassVar[tuple[type[Translator], ...]]
    """The translators that the records are offered to."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._translators = [dialect(self) for dialect in self.dialects]
        self._translator = self._translators[0]
        """The one that took the last record: it most likely takes the next."""
        self._responses = 0
        """Part of each text's key, as blocks are counted from zero in each response."""
        self._new_ids = 0
        self._in_response = False
        self._late_usage: list[dict[str, int | float]] = []
        self._reason: str | None = None
        """Why the response has stopped; it is over when nothing more of it comes."""

    def on_record(self, record: Record) -> None:
        """One event."""
        for translator in (self._translator, *self._translators):
            if translator.feed(record):
                self._translator = translator
                lack = missing(record)
                if lack:
                    raise ValueError(lack)
                return
        self.unknown(text_of(record, "type") or text_of(record, "object") or "chunk", record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a response that has stopped is over."""
        produced = super().flush()
        if self._reason is not None:
            self._end_response()
        return produced + self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """A response that has stopped is over, even if it did not say so."""
        if self._reason is not None:
            self._end_response()
        self._end_all()
        if not self._in_response and self.in_turn and outcome is SessionOutcome.SUCCESS:
            # It asked for tools, and that is all there is: nothing was cut off.
            with self.closing():
                self.calls.close(children=True, message=NO_RESULT)
            self.commit()

    def on_done(self) -> None:
        """`[DONE]`: the response is over, whether it gave a reason or not."""
        if self._in_response:
            self._end_response()

    # -- what a translator reports ----------------------------------------------------------------

    def started(self) -> None:
        """A response begins: the calls of the one before have been answered by now."""
        if self._reason is not None:
            self._end_response()
        with self.closing():
            self.calls.close(children=True, message=NO_RESULT)
        self._responses += 1
        self._in_response = True
        self.emit(ModelRequestStarted())
        self._count_late_usage()

    def model(self, name: str) -> None:
        """The model that responds."""
        self.uses(name)

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """More text of a block."""
        event = ReasoningDelta if reasoning else AssistantProseDelta
        self.texts.delta(f"{self._responses}-{key}", text, event)

    def whole_text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """The whole text of a block."""
        event = ReasoningDelta if reasoning else AssistantProseDelta
        self.texts.final(f"{self._responses}-{key}", text, event)

    def end_text(self, key: str) -> None:
        """No more text of this block follows."""
        self.texts.close(f"{self._responses}-{key}")

    def call(self, call_id: str, name: str, args: JsonValue) -> None:
        """The model asks for a tool, which the agent runs before its next request."""
        self.calls.start(call_id or self._new_id(), name, {} if args is None else args)

    def hosted(self, call_id: str, name: str, args: JsonValue) -> None:
        """The provider runs one of its own tools."""
        if call_id:  # without one its end can't be matched
            self.calls.start(call_id, name, args)

    def hosted_end(self, call_id: str, name: str, output: JsonValue, error: str) -> None:
        """A tool of the provider has ended."""
        result = failed(error, output) if error else succeeded(output)
        self.calls.complete(call_id or self._new_id(), result, name=name)

    def code(self, call_id: str, language: str, code: str, output: JsonValue, error: str) -> None:
        """The provider ran code."""
        key = call_id or self._new_id()
        self.emit(CodeBlockStarted(language, short(code, MAX_CODE) or "", key), key)
        ended = CodeBlockCompleted(language, tidy(output), error or None, not error, None, [], key)
        self.emit(ended, key)

    def usage(self, counters: Mapping[str, int | float]) -> None:
        """Tokens of the response; those that come after a lull has ended its turn wait."""
        if self.in_turn:
            self._count(counters)
        elif len(self._late_usage) < MAX_LATE:
            self._late_usage.append(dict(counters))

    def stopped(self, reason: str) -> None:
        """The model has stopped; usage may follow."""
        self._reason = reason

    def ended(self) -> None:
        """Nothing more of the response follows: the turn ends, unless it continues with another."""
        self._end_response()

    def failed(self, message: str) -> None:
        """The response failed: that ends the turn."""
        self._reason = None
        self._in_response = False
        self.error(plain_message(message))
        self.commit()

    def unknown(self, kind: str, record: object, /) -> None:
        """A record, or a part of one, of a kind that is not known."""
        super().unknown(kind, record if isinstance(record, dict) else {})

    # -- inside -----------------------------------------------------------------------------------

    def _end_response(self) -> None:
        for translator in self._translators:
            translator.finish()
        reason, self._reason = self._reason or "", None
        self._in_response = False
        if reason in CONTINUES or self.calls.open:
            return
        if reason not in ENDS_WELL:
            self.diagnose("stop_reason", {"reason": short(reason)})
        self.commit()

    def _end_all(self) -> None:
        """No response follows: what a translator kept for a later one never comes."""
        for translator in self._translators:
            translator.end()
        self._count_late_usage()

    def _count_late_usage(self) -> None:
        late, self._late_usage = self._late_usage, []
        for counters in late:
            self._count(counters)

    def _count(self, counters: Mapping[str, int | float]) -> None:
        self.note_context(used_by(counters))
        super().usage(counters)

    def _new_id(self) -> str:
        self._new_ids += 1
        return f"{self._responses}-call-{self._new_ids}"
