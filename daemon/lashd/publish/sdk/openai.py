"""OpenAI's two dialects, as its SDK and dozens of compatible servers speak them.

Chat chunks: calls in pieces by index, the name and id once or each time, counters at the end or
on every chunk. Responses: typed events, deltas and then whole items. Whole answers are taken too.
"""

from __future__ import annotations

from lashd.publish.bounds import MAX_BLOCKS, MAX_ENDED
from lashd.publish.sdk.fields import (
    Arguments,
    Sink,
    Texts,
    Translator,
    get,
    index,
    items,
    parsed,
    text,
    usage_of,
)


class ChatChunks(Translator):
    """Chunks of a chat completion, or a whole one. The SDK's own stream wraps them in events."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._calls: dict[tuple[int, int], Arguments] = {}
        self._usage: object = None

    def feed(self, item: object) -> bool:
        """One chunk."""
        if text(item, "type") == "chunk":
            item = get(item, "chunk")
        choices = get(item, "choices")
        if not isinstance(choices, list | tuple):
            return False
        usage = get(item, "usage")
        if usage is not None:
            self._usage = usage
        for choice in choices:
            self._choice(choice)
        return True

    def finish(self) -> None:
        """Open calls are whole now, and the last counters are those of the response."""
        self._end_calls()
        usage, self._usage = self._usage, None
        counters = usage_of(usage)
        if counters:
            self.sink.usage(counters)

    def _choice(self, choice: object) -> None:
        place = index(choice)
        delta = get(choice, "delta") or get(choice, "message")
        thought = text(delta, "reasoning_content") or text(delta, "reasoning")
        if thought:
            self.sink.text(f"{place}-thought", thought, reasoning=True)
        said = text(delta, "content") or text(delta, "refusal") or text(choice, "text")
        said = said or "".join(text(part, "text") for part in items(delta, "content"))
        if said:
            self.sink.text(f"{place}-text", said)
        for number, call in enumerate(items(delta, "tool_calls")):
            self._call(place, index(call, default=number), call)
        function = get(delta, "function_call")
        if function is not None:
            self._call(place, -1, {"function": function})
        if text(choice, "finish_reason"):
            self._end_calls()

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
        pending.add(text(function, "arguments") or text(function, "input"))

    def _end_calls(self) -> None:
        for place in list(self._calls):
            self._end_call(place)

    def _end_call(self, place: tuple[int, int]) -> None:
        call = self._calls.pop(place, None)
        if call is not None:
            self.sink.call(call.call_id, call.name or "tool", parsed(call.text) or None)


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
_HOSTED = ("web_search_call", "file_search_call", "mcp_call", "image_generation_call")


class ResponsesEvents(Translator):
    """Events of the Responses stream, or a whole response."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._texts = Texts(sink)
        self._done: set[str] = set()

    def feed(self, item: object) -> bool:
        """One event."""
        kind = text(item, "type")
        if kind in _DELTAS:
            name, reasoning = _DELTAS[kind]
            self._texts.delta(_key(item, name), text(item, "delta"), reasoning=reasoning)
        elif kind in _WHOLE:
            name, reasoning, field = _WHOLE[kind]
            self._texts.whole(_key(item, name), text(item, field), reasoning=reasoning)
        elif kind == "response.output_item.added":
            self._begun(get(item, "item"))
        elif kind == "response.output_item.done":
            self._item(get(item, "item"), index(item, "output_index"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            self._end(get(item, "response"))
        elif kind == "error":
            self._failed(item if text(item, "message") else get(item, "error"))
        elif text(item, "object") == "response" and get(item, "output") is not None:
            self._end(item)
        else:
            return kind.startswith("response.")
        return True

    def finish(self) -> None:
        """The stream has said its last word itself."""

    def _end(self, response: object) -> None:
        for place, item in enumerate(items(response, "output")):
            self._item(item, place)
        counters = usage_of(get(response, "usage"))
        if counters:
            self.sink.usage(counters)
        if text(response, "status") == "failed":
            self._failed(get(response, "error"))

    def _failed(self, error: object) -> None:
        self.sink.error(text(error, "message") or "The response failed.")

    def _begun(self, item: object) -> None:
        """Only what the provider runs itself takes time between its beginning and its end."""
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
            error = get(item, "error")
            wrong = error if isinstance(error, str) else text(error, "message")
            if text(item, "status") == "failed":
                wrong = wrong or "failed"
            output = get(item, "output") or get(item, "results")
            self.sink.hosted(own, _name(item), _arguments(item))
            self.sink.hosted_end(own, _name(item), output, wrong)
        elif kind == "code_interpreter_call":
            logs = [text(each, "logs") for each in items(item, "outputs")]
            status = text(item, "status")
            wrong = "" if status in ("", "completed") else status
            output = "\n".join(filter(None, logs)) or None
            self.sink.code(own, "python", text(item, "code"), output, wrong)

    def _parts(self, item: object, place: int, name: str, count: str, *, reasoning: bool) -> None:
        for number, part in enumerate(items(item, name)):
            where = {"item_id": get(item, "id"), "output_index": place, count: number}
            said = text(part, "text") or text(part, "refusal")
            self._texts.whole(_key(where, count), said, reasoning=reasoning)


def _key(event: object, count: str) -> str:
    """A block's key. A summary and the thought itself are two texts of one item."""
    item = text(event, "item_id")[:100] or f"item-{index(event, 'output_index')}"
    return f"{item}-{count[0]}{index(event, count)}"


def _name(item: object) -> str:
    name = text(item, "name")
    server = text(item, "server_label")
    if name:
        return f"{server}.{name}" if server else name
    return text(item, "type").removesuffix("_call") or "tool"


def _arguments(item: object) -> object:
    given = get(item, "input") if get(item, "input") is not None else get(item, "arguments")
    if given is None:
        given = get(item, "action")
    return parsed(given) or None
