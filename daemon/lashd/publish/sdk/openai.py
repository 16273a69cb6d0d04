"""OpenAI's two dialects, as its SDK and dozens of compatible servers speak them.

Chat chunks: calls in pieces by index, with the name and id once or each time; counters at the end
or on every chunk. Responses: typed events, deltas and then whole items. Whole answers are accepted
too.
"""

from __future__ import annotations

from lashd.publish.bounds import MAX_BLOCKS, MAX_ENDED
from lashd.publish.sdk.fields import Arguments, get, index, items, parsed, reader, text, usage_of
from lashd.publish.sdk.translator import ResponseSink, Translator


class ChatChunks(Translator):
    """Chunks of a chat completion, or a whole one. The SDK's own stream wraps them in events."""

    def __init__(self, sink: ResponseSink) -> None:
        super().__init__(sink)
        self._open = False
        self._id = ""
        self._calls: dict[tuple[int, int], Arguments] = {}
        self._usage: object = None

    def feed(self, item: object) -> bool:
        """Translate one chunk."""
        read = reader(item)
        choices = read("choices")
        if not isinstance(choices, list | tuple):
            return self._other(item)
        if choices:
            chunk_id = text(item, "id")
            if not self._open or (chunk_id and self._id and chunk_id != self._id):
                self._start(item)
            self._id = chunk_id or self._id
            for choice in choices:
                self._choice(choice)
        usage = read("usage")
        if usage is not None:
            self._usage = usage
        return True

    def finish(self) -> None:
        """Open calls are complete now, and the last counters are those of the response."""
        self._end_calls()
        self._open = False
        usage, self._usage = self._usage, None
        counters = usage_of(usage)
        if counters:
            self.sink.usage(counters)

    def _other(self, item: object) -> bool:
        """A chunk in an event of the SDK, or a server's error or counters in place of a chunk."""
        kind = text(item, "type")
        if kind == "chunk":
            return self.feed(get(item, "chunk"))
        if kind or text(item, "object") == "response":
            return False
        error, usage = get(item, "error"), get(item, "usage")
        if error:
            self._calls.clear()  # the rest of their arguments will not come
            self.finish()
            message = error if isinstance(error, str) else text(error, "message")
            self.sink.failed(message or "The response failed.")
        elif usage and self._open:
            self._usage = usage
        else:
            return False
        return True

    def _start(self, chunk: object) -> None:
        if self._open:
            self.finish()
            self.sink.ended()
        self._open = True
        self.sink.started()
        self.name_model(chunk)

    def _choice(self, choice: object) -> None:
        place = index(choice)
        delta = get(choice, "delta") or get(choice, "message")
        read = reader(delta)
        thought = read("reasoning_content") or read("reasoning")
        if thought and isinstance(thought, str):
            self.sink.text(f"{place}-thought", thought, reasoning=True)
        said = read("content") or read("refusal") or text(choice, "text")
        if not isinstance(said, str):  # some servers send blocks
            said = "".join(text(part, "text") for part in items(delta, "content"))
        if said:
            self.sink.text(f"{place}-text", said)
        if read("tool_calls"):
            for number, call in enumerate(items(delta, "tool_calls")):
                self._call(place, index(call, default=number), call)
        function = read("function_call")
        if function is not None:
            self._call(place, -1, {"function": function})
        reason = text(choice, "finish_reason")
        if reason:
            self._end_calls()
            self.sink.stopped(reason)

    def _call(self, choice: int, place: int, call: object) -> None:
        function = get(call, "function") or get(call, "custom")
        call_id, name = text(call, "id"), text(function, "name")
        pending = self._calls.get((choice, place))
        if pending is None or (call_id and name and pending.call_id != call_id):
            # Some servers give every call the same index.
            self._end_call((choice, place))
            if len(self._calls) >= MAX_BLOCKS:
                self._end_call(next(iter(self._calls)))
            pending = self._calls[choice, place] = Arguments(call_id, name)
        pending.name = pending.name or name
        pending.add(get(function, "arguments") or get(function, "input"))

    def _end_calls(self) -> None:
        for place in list(self._calls):
            self._end_call(place)

    def _end_call(self, place: tuple[int, int]) -> None:
        call = self._calls.pop(place, None)
        if call is not None:
            self.sink.call(call.call_id, call.name or "tool", call.value)


_DELTAS = {
    "response.output_text.delta": ("content_index", False),
    "response.refusal.delta": ("content_index", False),
    "response.reasoning_summary_text.delta": ("summary_index", True),
    "response.reasoning_text.delta": ("content_index", True),
}
_WHOLE = {
    "response.output_text.done": ("content_index", False, "text"),
    "response.refusal.done": ("content_index", False, "refusal"),
    "response.reasoning_summary_text.done": ("summary_index", True, "text"),
    "response.reasoning_text.done": ("content_index", True, "text"),
}
_ENDS = frozenset(
    f"response.{status}" for status in ("completed", "incomplete", "done", "failed", "cancelled")
)
_IGNORED = (
    "response.queued",
    "response.in_progress",
    "response.content_part.",
    "response.reasoning_summary_part.",
    "response.output_text.annotation.",
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
    "response.mcp_call",
    "response.mcp_list_tools",
    "response.web_search_call.",
    "response.file_search_call.",
    "response.image_generation_call.",
    "response.code_interpreter_call",
)
"""Events that repeat what items say, or say only that something is going on."""
_HOSTED = ("web_search_call", "file_search_call", "mcp_call", "image_generation_call")
_FAILURES = {"failed": "The response failed.", "cancelled": "The response was cancelled."}


class ResponsesEvents(Translator):
    """Events of the Responses stream, or a whole response."""

    def __init__(self, sink: ResponseSink) -> None:
        super().__init__(sink)
        self._done: set[str] = set()
        """Items that have ended: the response repeats them."""
        self._failure = ""
        self._is_over = self._is_counted = False
        """This response has ended, and its tokens were counted: two events may say so."""

    def feed(self, item: object) -> bool:
        """Translate one event."""
        kind = text(item, "type")
        if kind in _DELTAS:
            name, reasoning = _DELTAS[kind]
            more = text(item, "delta")
            if more:
                self.sink.text(_key(item, name), more, reasoning=reasoning)
        elif kind in _WHOLE:
            name, reasoning, field = _WHOLE[kind]
            self.sink.whole_text(_key(item, name), text(item, field), reasoning=reasoning)
        elif kind == "response.created":
            self._done.clear()
            self._is_over = self._is_counted = False
            self.sink.started()
            self.name_model(get(item, "response"))
        elif kind == "response.output_item.added":
            self._begun(get(item, "item"))
        elif kind == "response.output_item.done":
            self._item(get(item, "item"), index(item, "output_index"))
        elif kind in _ENDS:
            self._end(get(item, "response"), kind.removeprefix("response."))
        elif kind == "error":
            self._fail(item if text(item, "message") else get(item, "error"), "failed")
        elif text(item, "object") == "response" and get(item, "output") is not None:
            self._is_over = self._is_counted = False
            self._end(item, text(item, "status"))
        elif not kind.startswith("response."):
            return False
        elif not kind.startswith(_IGNORED):
            self.sink.unknown(kind, item)
        return True

    def finish(self) -> None:
        """Nothing is held back: the response itself says everything."""

    def _end(self, response: object, status: str) -> None:
        if not self._is_over:
            self.name_model(response)
            for place, item in enumerate(items(response, "output")):
                self._item(item, place)
        counters = usage_of(get(response, "usage"))
        if counters and not self._is_counted:
            self._is_counted = True
            self.sink.usage(counters)
        if self._is_over:
            return
        if status in _FAILURES:
            self._fail(get(response, "error"), status)
        else:
            self._is_over = True
            self.sink.stopped(text(get(response, "incomplete_details"), "reason") or "completed")
            self.sink.ended()

    def _fail(self, error: object, status: str) -> None:
        message = text(error, "message") or _FAILURES[status]
        if not self._is_over or message != self._failure:
            self._is_over, self._failure = True, message
            self.sink.failed(message)

    def _begun(self, item: object) -> None:
        """Only the provider's own tools take time between their beginning and their end."""
        if text(item, "type") in _HOSTED and text(item, "id"):
            self.sink.hosted(text(item, "id"), _name(item), _arguments(item))

    def _item(self, item: object, place: int) -> None:
        kind = text(item, "type")
        if kind == "message":
            self._parts(item, place, "content", "content_index", reasoning=False)
            return
        if kind == "reasoning":
            self._parts(item, place, "summary", "summary_index", reasoning=True)
            self._parts(item, place, "content", "content_index", reasoning=True)
            return
        own = text(item, "call_id") or text(item, "id")
        key = own or f"item-{place}"
        if key in self._done or len(self._done) >= MAX_ENDED:
            return
        self._done.add(key)
        if kind in ("function_call", "custom_tool_call"):
            self.sink.call(own, _name(item), _arguments(item))
        elif kind in _HOSTED:
            output = get(item, "output") or get(item, "results")
            self.sink.hosted(own, _name(item), _arguments(item))
            self.sink.hosted_end(own, _name(item), output, _error(item))
        elif kind == "code_interpreter_call":
            logs = [text(each, "logs") for each in items(item, "outputs")]
            status = text(item, "status")
            error = "" if status in ("", "completed") else status
            output = "\n".join(filter(None, logs)) or None
            self.sink.code(own, "python", text(item, "code"), output, error)
        else:
            self.sink.unknown(kind, item)

    def _parts(self, item: object, place: int, name: str, count: str, *, reasoning: bool) -> None:
        for number, part in enumerate(items(item, name)):
            where = {"item_id": get(item, "id"), "output_index": place, count: number}
            whole = text(part, "text") or text(part, "refusal")
            self.sink.whole_text(_key(where, count), whole, reasoning=reasoning)


def _key(event: object, count: str) -> str:
    """A block's key. A summary and the thought itself are two texts of one item."""
    item = text(event, "item_id")[:100] or f"item-{index(event, 'output_index')}"
    return f"{item}-{count[0]}{index(event, count)}"


def _name(item: object) -> str:
    name = text(item, "name")
    server = text(item, "server_label") or text(item, "namespace")
    if name:
        return f"{server}.{name}" if server else name
    return text(item, "type").removesuffix("_call") or "tool"


def _arguments(item: object) -> object:
    for name in ("input", "arguments", "action"):
        given = get(item, name)
        if given is not None:
            return parsed(given) or None
    queries = get(item, "queries")
    return {"queries": queries} if queries else None


def _error(item: object) -> str:
    """Why a tool of the provider failed; empty if it succeeded."""
    error = get(item, "error")
    message = error if isinstance(error, str) else text(error, "message")
    failed = bool(error) or text(item, "status") == "failed"
    return message or ("failed" if failed else "")
