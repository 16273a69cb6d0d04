"""Anthropic's Messages stream: blocks with deltas, of one message a response.

Blocks are counted from zero in each message, and a proxy may splice a second beginning into a
message, or repeat the first: a new id is a new message, a known one is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import AssistantProseDelta, ReasoningDelta
from lashd.text import short
from lashtui.producers.claude.lines import usage_of
from lashtui.producers.dedupe import failed, succeeded
from lashtui.producers.error_text import plain_message
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.turn import MAX_ARGUMENTS, ProviderProducer, arguments_of
from lashtui.producers.records import Record, map_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import JsonValue

MAX_BLOCKS = 1024
"""Open blocks of one message."""

_CODE = {"code_execution": "python", "bash_code_execution": "bash"}
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


class _Block:
    """An open block."""

    __slots__ = ("kind", "parts", "size", "start")

    def __init__(self, start: Record) -> None:
        self.start = start
        self.kind = text_of(start, "type")
        self.parts: list[str] = []
        self.size = 0


class AnthropicSseProducer(ProviderProducer):
    """Events to payloads."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._id = ""
        self._blocks: dict[int, _Block] = {}
        self._code: dict[str, tuple[str, str]] = {}
        """Code that the provider runs: its language and text, by the call's id."""
        self._usage: Record = {}
        self._told: dict[str, Callable[[Record], None]] = {
            "message_start": self._on_message,
            "content_block_start": self._on_block,
            "content_block_delta": self._on_delta,
            "content_block_stop": lambda record: self._end_block(record["index"]),
            "message_delta": self._on_message_delta,
            "message_stop": lambda record: self._on_message_stop(),
            "error": self._on_error,
            "ping": lambda record: None,
        }

    def on_record(self, record: Record) -> None:
        """One event."""
        kind = record["type"]
        told = self._told.get(kind)
        if told is None:
            self.unknown(kind, record)
        else:
            told(record)

    def _on_message(self, record: Record) -> None:
        message = map_of(record, "message")
        own = text_of(message, "id")
        if self.in_response and own and own == self._id:
            return
        self._end_blocks()
        self.begin_response()
        self._id = own
        self._usage = map_of(message, "usage")

    def _on_block(self, record: Record) -> None:
        index = record["index"]
        self._end_block(index)
        if len(self._blocks) >= MAX_BLOCKS:
            self._end_block(next(iter(self._blocks)))
        block = self._blocks[index] = _Block(record["content_block"])
        given = text_of(block.start, "text") or text_of(block.start, "thinking")
        if given:
            self._say(index, block, given)
        elif block.kind.endswith("_tool_result"):
            self._on_result(block.start)

    def _on_delta(self, record: Record) -> None:
        index = record["index"]
        delta = record["delta"]
        kind = delta["type"]
        if kind == "text_delta":
            self.texts.delta(f"{self.responses}-{index}", delta["text"], AssistantProseDelta)
        elif kind == "thinking_delta":
            self.texts.delta(f"{self.responses}-{index}", delta["thinking"], ReasoningDelta)
        elif kind == "input_json_delta":
            block = self._blocks[index]
            block.size += len(delta["partial_json"])
            if block.size <= MAX_ARGUMENTS:
                block.parts.append(delta["partial_json"])
        elif kind not in ("signature_delta", "citations_delta", "compaction_delta"):
            self.unknown(kind, delta)

    def _say(self, index: int, block: _Block, text: str) -> None:
        event = ReasoningDelta if block.kind == "thinking" else AssistantProseDelta
        self.texts.delta(f"{self.responses}-{index}", text, event)

    def _end_blocks(self) -> None:
        for index in list(self._blocks):
            self._end_block(index)

    def _end_block(self, index: int) -> None:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        self.texts.close(f"{self.responses}-{index}")
        if block.kind not in _CALLS:
            return
        start = block.start
        name = short(text_of(start, "name")) or "tool"
        args: JsonValue = arguments_of("".join(block.parts)) if block.parts else start.get("input")
        if block.kind == "server_tool_use" and name in _CODE and len(self._code) < MAX_BLOCKS:
            code = text_of(args, "code") or text_of(args, "command")
            self._code[start["id"]] = (_CODE[name], code)
            return
        server = text_of(start, "server_name")
        self.calls.start(start["id"], f"{server}.{name}" if server else name, args)

    def _on_result(self, block: Record) -> None:
        """What a tool of the provider's own gave back."""
        call_id = block["tool_use_id"]
        content = block.get("content")
        wrong = text_of(content, "error_code")
        code = self._code.pop(call_id, None)
        if code is not None:
            output = text_of(content, "stdout") + text_of(content, "stderr")
            status = content.get("return_code") if isinstance(content, dict) else None
            wrong = wrong or (f"exit code {status}" if status else "")
            self.tell_code(call_id, code[1], output, language=code[0], error=wrong)
        elif wrong or block.get("is_error") is True:
            self.calls.complete(call_id, failed(wrong or "failed", None if wrong else content))
        else:
            self.calls.complete(call_id, succeeded(content))

    def _on_message_delta(self, record: Record) -> None:
        self._usage = {**self._usage, **_told_only(map_of(record, "usage"))}
        reason = text_of(map_of(record, "delta"), "stop_reason")
        if reason:
            self._end_blocks()
            self.stop_response(reason)

    def _on_message_stop(self) -> None:
        """Without a reason before it, the message was cut by a proxy: no end of a turn."""
        self._end_blocks()
        for call_id, (language, code) in self._code.items():
            self.tell_code(call_id, code, None, language=language, error="no result came")
        self._code.clear()
        if self._reason is not None:
            self.end_response()

    def _on_error(self, record: Record) -> None:
        self._end_blocks()
        message = text_of(map_of(record, "error"), "message")
        self.fail_response(plain_message(message))

    def tell_counters(self) -> None:
        """The message's first counters, and the last of those that grow."""
        usage, self._usage = self._usage, {}
        self.usage(usage_of(usage))


def _told_only(usage: Record) -> Record:
    return {key: value for key, value in usage.items() if value is not None}
