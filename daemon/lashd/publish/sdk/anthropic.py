"""Anthropic's Messages: blocks with deltas, of one message a response; or a whole message.

The SDK's own stream adds events (`text`, `input_json`, ...) that repeat what the deltas say; they
are passed over.
"""

from __future__ import annotations

from lashd.publish.bounds import MAX_BLOCKS
from lashd.publish.sdk.fields import (
    Arguments,
    Sink,
    Translator,
    get,
    index,
    items,
    merged,
    parsed,
    text,
    usage_of,
)

_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
        "ping",
        "text",
        "thinking",
        "signature",
        "citation",
        "input_json",
    }
)
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_CODE = {"code_execution": "python", "bash_code_execution": "bash"}


class MessageEvents(Translator):
    """Events of a Messages stream."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._messages = 0
        self._id = ""
        self._blocks: dict[int, tuple[object, Arguments]] = {}
        self._hosted: dict[str, tuple[str, object]] = {}
        self._usage: object = None

    def feed(self, item: object) -> bool:
        """One event."""
        kind = text(item, "type")
        if kind == "message" and isinstance(get(item, "content"), list | tuple):
            self._whole(item)
            return True
        if kind not in _EVENTS:
            return False
        if kind == "message_start":
            self._start(get(item, "message"))
        elif kind == "content_block_start":
            self._begin(index(item), get(item, "content_block"))
        elif kind == "content_block_delta":
            self._delta(index(item), get(item, "delta"))
        elif kind == "content_block_stop":
            self._end_block(index(item))
        elif kind == "message_delta":
            self._usage = merged(self._usage, get(item, "usage"))
        elif kind == "message_stop":
            self._end_message()
        elif kind == "error":
            self.sink.error(text(get(item, "error"), "message") or "The response failed.")
        return True

    def finish(self) -> None:
        """What is open is whole, or never will be."""
        self._end_message()

    def _whole(self, message: object) -> None:
        self._start(message)
        for place, block in enumerate(items(message, "content")):
            self._begin(place, block)
        self._end_message()

    def _start(self, message: object) -> None:
        own = text(message, "id")
        if self._messages and own and own == self._id:
            return  # a proxy has repeated it
        self._end_message()
        self._messages += 1
        self._id = own
        self._usage = get(message, "usage")

    def _begin(self, place: int, block: object) -> None:
        self._end_block(place)
        if len(self._blocks) >= MAX_BLOCKS:
            self._end_block(next(iter(self._blocks)))
        self._blocks[place] = (block, Arguments(text(block, "id"), text(block, "name")))
        thought = text(block, "thinking")
        if thought or text(block, "text"):
            self._say(place, thought or text(block, "text"), reasoning=bool(thought))
        elif text(block, "type").endswith("_tool_result"):
            self._result(block)

    def _delta(self, place: int, delta: object) -> None:
        kind = text(delta, "type")
        if kind == "text_delta":
            self._say(place, text(delta, "text"), reasoning=False)
        elif kind == "thinking_delta":
            self._say(place, text(delta, "thinking"), reasoning=True)
        elif kind == "input_json_delta" and place in self._blocks:
            self._blocks[place][1].add(text(delta, "partial_json"))

    def _say(self, place: int, said: str, *, reasoning: bool) -> None:
        if said:
            self.sink.text(f"{self._messages}-{place}", said, reasoning=reasoning)

    def _end_block(self, place: int) -> None:
        block, call = self._blocks.pop(place, (None, None))
        kind = text(block, "type")
        if call is None or kind not in _CALLS:
            return
        args = parsed(call.text) if call.text else get(block, "input")
        name = call.name or "tool"
        server = text(block, "server_name")
        if server:
            name = f"{server}.{name}"
        if kind == "tool_use":
            self.sink.call(call.call_id, name, args)
            return
        if len(self._hosted) < MAX_BLOCKS:
            self._hosted[call.call_id] = (name, args)
        if name not in _CODE:
            self.sink.hosted(call.call_id, name, args)

    def _result(self, block: object) -> None:
        """What a tool of the provider's own gave back."""
        call_id = text(block, "tool_use_id")
        for place in list(self._blocks):
            if self._blocks[place][1].call_id == call_id:
                self._end_block(place)
        name, args = self._hosted.pop(call_id, ("tool", None))
        content = get(block, "content")
        wrong = text(content, "error_code")
        if name in _CODE:
            status = index(content, "return_code")
            wrong = wrong or (f"exit code {status}" if status else "")
            output = text(content, "stdout") + text(content, "stderr")
            code = text(args, "code") or text(args, "command")
            self.sink.code(call_id, _CODE[name], code, output, wrong)
            return
        if get(block, "is_error") is True:
            wrong = wrong or "failed"
        self.sink.hosted_end(call_id, name, content, wrong)

    def _end_message(self) -> None:
        for place in list(self._blocks):
            self._end_block(place)
        for call_id, (name, args) in self._hosted.items():
            if name in _CODE:
                code = text(args, "code") or text(args, "command")
                self.sink.code(call_id, _CODE[name], code, None, "no result came")
        self._hosted.clear()
        usage, self._usage = self._usage, None
        counters = usage_of(usage)
        if counters:
            self.sink.usage(counters)
