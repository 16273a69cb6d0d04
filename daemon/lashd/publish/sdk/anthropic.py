"""Anthropic's Messages: blocks with deltas, one message per response; or a whole message.

Blocks are counted from zero in each message. A proxy may splice a second message into the first,
or repeat its beginning: a new id is a new message, the same one is not. The SDK's own stream adds
events (`text`, `input_json`, ...) that repeat the deltas; they are ignored.
"""

from __future__ import annotations

from lashd.publish.bounds import MAX_BLOCKS
from lashd.publish.sdk.fields import Arguments, get, index, items, merged, text, usage_of
from lashd.publish.sdk.translator import ResponseSink, Translator

_IGNORED = frozenset({"ping", "text", "thinking", "signature", "citation", "input_json"})
_IGNORED_DELTAS = frozenset({"signature_delta", "citations_delta", "compaction_delta", ""})
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_CONTINUES = frozenset({"tool_use", "pause_turn"})
"""Reasons to stop after which another message goes on, and may hold the result of code."""
_CODE = {"code_execution": "python", "bash_code_execution": "bash"}


class MessageEvents(Translator):
    """Events of a Messages stream."""

    def __init__(self, sink: ResponseSink) -> None:
        super().__init__(sink)
        self._open = False
        self._stopped = False
        """The message gave a reason to stop, so `message_stop` really is its end."""
        self._id = ""
        self._blocks: dict[int, tuple[object, Arguments]] = {}
        self._hosted: dict[str, tuple[str, object]] = {}
        """Tools of the provider that are running: name and arguments, by the call's id."""
        self._continues = False
        self._usage: object = None

    def feed(self, item: object) -> bool:
        """Translate one event."""
        kind = text(item, "type")
        if kind == "content_block_delta":
            self._delta(index(item), get(item, "delta"))
        elif kind == "content_block_start":
            self._begin_block(index(item), get(item, "content_block"))
        elif kind == "content_block_stop":
            self._end_block(index(item))
        elif kind == "message_start":
            message = get(item, "message")
            if self._start(message):
                # Content that the request gave, or that an earlier message began.
                for place, block in enumerate(items(message, "content")):
                    self._begin_block(-1 - place, block)
                    self._end_block(-1 - place)
        elif kind == "message_delta":
            self._usage = merged(self._usage, get(item, "usage"))
            self._stop(text(get(item, "delta"), "stop_reason"))
        elif kind == "message_stop":
            self._end_message()
        elif kind == "error":
            self._fail(get(item, "error"))
        elif kind == "message" and isinstance(get(item, "content"), list | tuple):
            self._whole(item)
        else:
            return kind in _IGNORED
        return True

    def finish(self) -> None:
        """What is open is complete, or never will be."""
        self._end_blocks()
        if not self._continues:
            self._end_code()
        self._open = self._stopped = False
        usage, self._usage = self._usage, None
        counters = usage_of(usage)
        if counters:
            self.sink.usage(counters)

    def end(self) -> None:
        """No message follows in which code could end."""
        self._continues = False
        self.finish()

    def _whole(self, message: object) -> None:
        self._start(message)
        for place, block in enumerate(items(message, "content")):
            self._begin_block(place, block)
        self._stop(text(message, "stop_reason") or "end_turn")
        self._end_message()

    def _start(self, message: object) -> bool:
        """A message begins; False if a proxy repeats its beginning."""
        given_id = text(message, "id")
        if self._open and given_id and given_id == self._id:
            return False
        self.finish()
        self._continues = False
        self._open = True
        self._id = given_id
        self.sink.started()
        self.name_model(message)
        self._usage = get(message, "usage")
        return True

    def _stop(self, reason: str) -> None:
        if reason:
            self._end_blocks()
            self._stopped = True
            self._continues = reason in _CONTINUES
            self.sink.stopped(reason)

    def _end_message(self) -> None:
        """Without a reason to stop before it, a proxy cut the message: more of it may follow."""
        if self._stopped:
            self.finish()
            self.sink.ended()
        else:
            self._end_blocks()
            self._end_code()

    def _fail(self, error: object) -> None:
        self.end()
        self.sink.failed(text(error, "message") or "The response failed.")

    # -- blocks -----------------------------------------------------------------------------------

    def _begin_block(self, place: int, block: object) -> None:
        self._end_block(place)
        if len(self._blocks) >= MAX_BLOCKS:
            self._end_block(next(iter(self._blocks)))
        self._blocks[place] = (block, Arguments(text(block, "id"), text(block, "name")))
        thought = text(block, "thinking")
        if thought or text(block, "text"):
            self._text(place, thought or text(block, "text"), reasoning=bool(thought))
        elif text(block, "type").endswith("_tool_result"):
            self._result(block)

    def _delta(self, place: int, delta: object) -> None:
        kind = text(delta, "type")
        if kind == "text_delta":
            self._text(place, text(delta, "text"), reasoning=False)
        elif kind == "thinking_delta":
            self._text(place, text(delta, "thinking"), reasoning=True)
        elif kind == "input_json_delta":
            if place in self._blocks:
                self._blocks[place][1].add(text(delta, "partial_json"))
        elif kind not in _IGNORED_DELTAS:
            self.sink.unknown(kind, delta)

    def _text(self, place: int, more: str, *, reasoning: bool) -> None:
        if more:
            self.sink.text(str(place), more, reasoning=reasoning)

    def _end_blocks(self) -> None:
        for place in list(self._blocks):
            self._end_block(place)

    def _end_block(self, place: int) -> None:
        block, call = self._blocks.pop(place, (None, None))
        if call is None:
            return
        self.sink.end_text(str(place))
        kind = text(block, "type")
        if kind not in _CALLS:
            return
        args = call.value if call.text else get(block, "input")
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
        """A tool of the provider has ended."""
        call_id = text(block, "tool_use_id")
        for place in list(self._blocks):
            if self._blocks[place][1].call_id == call_id:
                self._end_block(place)
        unknown = text(block, "type").removesuffix("_tool_result")
        name, args = self._hosted.pop(call_id, (unknown, None))
        content = get(block, "content")
        error = text(content, "error_code")
        if name in _CODE:
            status = index(content, "return_code")
            error = error or (f"exit code {status}" if status else "")
            output = text(content, "stdout") + text(content, "stderr")
            self._code(call_id, name, args, output, error)
            return
        if get(block, "is_error") is True:
            error = error or "failed"
        self.sink.hosted_end(call_id, name, _readable(content), error)

    def _end_code(self) -> None:
        for call_id, (name, args) in self._hosted.items():
            if name in _CODE:
                self._code(call_id, name, args, None, "no result came")
        self._hosted.clear()

    def _code(self, call_id: str, name: str, args: object, output: object, error: str) -> None:
        code = text(args, "code") or text(args, "command")
        self.sink.code(call_id, _CODE[name], code, output, error)


def _readable(content: object) -> object:
    """Hits of a search without what only the provider can read."""
    if not isinstance(content, list | tuple):
        return content
    names = ("title", "url", "page_age", "text")
    readable = []
    for each in content:
        if not text(each, "url"):
            return content
        readable.append({name: get(each, name) for name in names if get(each, name)})
    return readable
