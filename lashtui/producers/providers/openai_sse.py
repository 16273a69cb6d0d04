"""OpenAI's chat chunks, as dozens of servers send them; Responses events are taken as well.

Calls come in pieces by index; the name and id once, or each time; counters at the end, or on
every chunk; `[DONE]`, or nothing. A whole completion instead of chunks is one chunk.
"""

from __future__ import annotations

from lashd.events import AssistantProseDelta, ReasoningDelta
from lashd.text import short
from lashtui.producers.error_text import plain_message
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.openai_responses import OpenAiResponsesProducer, openai_usage
from lashtui.producers.providers.turn import MAX_ARGUMENTS, arguments_of
from lashtui.producers.records import Record, map_of, maps_of, text_of

MAX_PENDING = 256
"""Calls whose arguments are being collected."""


class _Pending:
    """A call whose arguments still come."""

    __slots__ = ("call_id", "name", "parts", "size")

    def __init__(self, call_id: str, name: str) -> None:
        self.call_id = call_id
        self.name = name
        self.parts: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        self.size += len(text)
        if self.size <= MAX_ARGUMENTS:
            self.parts.append(text)


class OpenAiSseProducer(OpenAiResponsesProducer):
    """Chunks to payloads."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._id = ""
        self._pending: dict[tuple[int, int], _Pending] = {}
        self._usage: Record = {}

    def on_record(self, record: Record) -> None:
        """One chunk, or one event of the Responses stream."""
        if "choices" in record:
            self._on_chunk(record)
        elif isinstance(record.get("type"), str) and "error" not in record:
            super().on_record(record)
        elif "error" in record:
            error = record["error"]
            message = text_of(error, "message") if isinstance(error, dict) else str(error)
            self._pending.clear()
            self.fail_response(plain_message(message))
        elif map_of(record, "usage"):
            self._usage = map_of(record, "usage")
        else:
            self.unknown(text_of(record, "object") or "chunk", record)

    def on_done(self) -> None:
        """The response is over."""
        if self.in_response:
            self._end_calls()
            self.end_response()

    def _on_chunk(self, chunk: Record) -> None:
        choices = chunk["choices"]
        response = text_of(chunk, "id")
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self._usage = usage
        if not choices:
            return
        if not self.in_response or (response != self._id and response and self._id):
            if self.in_response:
                self._end_calls()
                self.end_response()
            self.begin_response()
        self._id = response or self._id
        for choice in choices:
            self._on_choice(choice)

    def _on_choice(self, choice: Record) -> None:
        index = choice.get("index") or 0
        delta = choice.get("delta") or choice.get("message") or {}
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if thought:
            self.texts.delta(f"{self.responses}-{index}-thought", str(thought), ReasoningDelta)
        text = delta.get("content") or delta.get("refusal") or choice.get("text")
        if isinstance(text, list):  # some send blocks
            text = "".join(text_of(block, "text") for block in text)
        if text:
            self.texts.delta(f"{self.responses}-{index}-text", text, AssistantProseDelta)
        calls = delta.get("tool_calls")
        if calls:
            for place, call in enumerate(maps_of(delta, "tool_calls")):
                self._on_call(index, call.get("index", place), call)
        elif delta.get("function_call"):
            self._on_call(index, -1, {"function": delta["function_call"]})
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._end_calls()
            self.stop_response(reason)

    def _on_call(self, choice: int, index: int, call: Record) -> None:
        function = map_of(call, "function") or map_of(call, "custom")
        call_id, name = text_of(call, "id"), text_of(function, "name")
        pending = self._pending.get((choice, index))
        if pending is None or (call_id and pending.call_id != call_id and name):
            # Some servers give every call the same index.
            self._end_call((choice, index))
            if len(self._pending) >= MAX_PENDING:
                self._end_call(next(iter(self._pending)))
            own = short(call_id, 200) or f"{self.responses}-{choice}-call-{index}"
            pending = self._pending[choice, index] = _Pending(own, name)
        pending.name = pending.name or name
        arguments = function.get("arguments", function.get("input"))
        if isinstance(arguments, str):
            pending.add(arguments)
        elif arguments is not None:
            pending.parts = [str(arguments)]

    def _end_calls(self) -> None:
        for place in list(self._pending):
            self._end_call(place)

    def _end_call(self, place: tuple[int, int]) -> None:
        pending = self._pending.pop(place, None)
        if pending is not None:
            args = arguments_of("".join(pending.parts))
            self.calls.start(pending.call_id, short(pending.name) or "tool", args)

    def tell_counters(self) -> None:
        """The last counters are those of the whole response."""
        usage, self._usage = self._usage, {}
        self.usage(openai_usage(usage))
