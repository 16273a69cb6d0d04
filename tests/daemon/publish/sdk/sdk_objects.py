"""Objects shaped like those of the OpenAI and Anthropic SDKs: as attributes, or as maps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace, TracebackType
from typing import Any, Self


def as_objects(value: Any) -> Any:
    """Maps become objects with attributes, all the way down; a call's input stays a map."""
    if isinstance(value, dict):
        fields = {key: item if key == "input" else as_objects(item) for key, item in value.items()}
        return SimpleNamespace(**fields)
    if isinstance(value, list):
        return [as_objects(item) for item in value]
    return value


def chunk(delta: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a chat completion, with every field that the SDK's model has."""
    finish, usage = more.get("finish"), more.get("usage")
    full = {"content": None, "function_call": None, "refusal": None, "role": None}
    choice = {"index": 0, "finish_reason": finish, "logprobs": None}
    choices = [] if delta is None else [{**choice, "delta": {**full, "tool_calls": None, **delta}}]
    return {"id": "c-1", "object": "chat.completion.chunk", "choices": choices, "usage": usage}


def call_piece(index: int, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call."""
    function = {"name": fields.get("name"), "arguments": fields.get("arguments")}
    piece = {"index": index, "id": fields.get("id"), "type": None, "function": function}
    return {"tool_calls": [piece]}


CHAT = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning_content": "look "}),
    chunk({"reasoning_content": "first"}),
    chunk({"content": "I will "}),
    chunk({"content": "look."}),
    chunk(call_piece(0, id="call_a", name="ls", arguments="")),
    chunk(call_piece(0, arguments='{"path"')),
    chunk(call_piece(1, id="call_b", name="cat", arguments='{"f": 1}')),
    chunk(call_piece(0, arguments=': "."}')),
    chunk({}, finish="tool_calls"),
    chunk(
        None,
        usage={
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 8},
        },
    ),
]

CHAT_WHOLE = {
    "id": "c-2",
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "I will look.",
                "tool_calls": [
                    {
                        "id": "call_a",
                        "type": "function",
                        "function": {"name": "ls", "arguments": '{"path": "."}'},
                    }
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 100, "completion_tokens": 20},
}


def delta_event(kind: str, item: str, text: str, **more: Any) -> dict[str, Any]:
    """A delta of the Responses stream."""
    place = ["rs_1", "msg_1", "ws_1", "fc_1"].index(item)
    where = {"item_id": item, "output_index": place, "sequence_number": 1}
    return {"type": kind, **where, "delta": text, **more}


_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "I will look.", "annotations": []}],
}
_REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "content": None,
    "summary": [{"type": "summary_text", "text": "look first"}],
}
_CALL = {
    "id": "fc_1",
    "type": "function_call",
    "call_id": "call_a",
    "name": "ls",
    "arguments": '{"path": "."}',
    "status": "completed",
}
_SEARCH = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "lash"},
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "output": [_REASONING, _MESSAGE, _SEARCH, _CALL],
    "usage": {
        "input_tokens": 100,
        "output_tokens": 20,
        "input_tokens_details": {"cached_tokens": 64},
        "output_tokens_details": {"reasoning_tokens": 8},
    },
}
RESPONSES = [
    {"type": "response.created", "response": {**RESPONSE, "output": [], "usage": None}},
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**_REASONING, "summary": []},
    },
    delta_event("response.reasoning_summary_text.delta", "rs_1", "look ", summary_index=0),
    delta_event("response.reasoning_summary_text.delta", "rs_1", "first", summary_index=0),
    {
        "type": "response.reasoning_summary_text.done",
        "item_id": "rs_1",
        "summary_index": 0,
        "text": "look first",
    },
    {"type": "response.output_item.done", "output_index": 0, "item": _REASONING},
    {"type": "response.output_item.added", "output_index": 1, "item": {**_MESSAGE, "content": []}},
    {
        "type": "response.content_part.added",
        "item_id": "msg_1",
        "output_index": 1,
        "content_index": 0,
        "part": {"type": "output_text", "text": "", "annotations": []},
    },
    delta_event("response.output_text.delta", "msg_1", "I will ", content_index=0),
    delta_event("response.output_text.delta", "msg_1", "look.", content_index=0),
    {
        "type": "response.output_text.done",
        "item_id": "msg_1",
        "content_index": 0,
        "text": "I will look.",
    },
    {"type": "response.output_item.done", "output_index": 1, "item": _MESSAGE},
    {"type": "response.output_item.added", "output_index": 2, "item": {**_SEARCH, "action": None}},
    {"type": "response.web_search_call.searching", "item_id": "ws_1"},
    {"type": "response.output_item.done", "output_index": 2, "item": _SEARCH},
    {"type": "response.output_item.added", "output_index": 3, "item": {**_CALL, "arguments": ""}},
    delta_event("response.function_call_arguments.delta", "fc_1", '{"path": "."}'),
    {"type": "response.output_item.done", "output_index": 3, "item": _CALL},
    {"type": "response.completed", "response": RESPONSE},
]


def block_event(kind: str, index: int, **more: Any) -> dict[str, Any]:
    """An event of a block of an Anthropic message."""
    return {"type": f"content_block_{kind}", "index": index, **more}


def block_delta(index: int, kind: str, **more: Any) -> dict[str, Any]:
    """A delta of a block."""
    return block_event("delta", index, delta={"type": kind, **more})


ANTHROPIC = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "content": [],
            "usage": {
                "input_tokens": 26,
                "cache_read_input_tokens": 64,
                "cache_creation_input_tokens": 10,
                "output_tokens": 1,
            },
        },
    },
    block_event("start", 0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
    block_delta(0, "thinking_delta", thinking="look "),
    {"type": "thinking", "thinking": "look ", "snapshot": "look "},
    block_delta(0, "thinking_delta", thinking="first"),
    block_delta(0, "signature_delta", signature="abc"),
    block_event("stop", 0),
    {"type": "ping"},
    block_event("start", 1, content_block={"type": "text", "text": ""}),
    block_delta(1, "text_delta", text="I will "),
    {"type": "text", "text": "I will ", "snapshot": "I will "},
    block_delta(1, "text_delta", text="look."),
    block_event("stop", 1, content_block={"type": "text", "text": "I will look."}),
    block_event(
        "start", 2, content_block={"type": "tool_use", "id": "call_a", "name": "ls", "input": {}}
    ),
    block_delta(2, "input_json_delta", partial_json=""),
    block_delta(2, "input_json_delta", partial_json='{"path"'),
    {"type": "input_json", "partial_json": '{"path"', "snapshot": {}},
    block_delta(2, "input_json_delta", partial_json=': "."}'),
    block_event("stop", 2),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 20, "input_tokens": None},
    },
    {"type": "message_stop"},
]

ANTHROPIC_WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "stop_reason": "tool_use",
    "content": [
        {"type": "thinking", "thinking": "look first", "signature": "abc"},
        {"type": "text", "text": "I will look."},
        {"type": "tool_use", "id": "call_a", "name": "ls", "input": {"path": "."}},
    ],
    "usage": {"input_tokens": 100, "output_tokens": 20},
}


class Stream:
    """Like OpenAI's `Stream` and Anthropic's: iterator and context manager."""

    def __init__(self, items: list[Any], error: BaseException | None = None) -> None:
        self.response = "the http response"
        self.closed = False
        self.consumed: list[Any] = []
        self._left = list(items)
        self._error = error

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self._left:
            if self._error is not None:
                raise self._error
            raise StopIteration
        item = self._left.pop(0)
        self.consumed.append(item)
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self.closed = True

    @property
    def text_stream(self) -> Iterator[str]:
        """Reads on for itself, as Anthropic's."""
        for item in self:
            if item["type"] == "text":
                yield item["text"]

    def get_final_message(self) -> str:
        """Reads on to the end."""
        for _ in self:
            pass
        return f"{len(self.consumed)} events"


class AsyncStream:
    """The async ones."""

    def __init__(self, items: list[Any], error: BaseException | None = None) -> None:
        self.sync = Stream(items, error)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self.sync)
        except StopIteration:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sync.close()

    @property
    async def text_stream(self) -> AsyncIterator[str]:
        """Reads on for itself."""
        async for item in self:
            if item["type"] == "text":
                yield item["text"]

    async def get_final_message(self) -> str:
        """Reads on to the end."""
        return self.sync.get_final_message()


class Manager:
    """Like Anthropic's `MessageStreamManager`: a context manager that hands out the stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __enter__(self) -> Stream:
        return self.stream

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stream.close()


class AsyncManager:
    """The async one."""

    def __init__(self, stream: AsyncStream) -> None:
        self.stream = stream

    async def __aenter__(self) -> AsyncStream:
        return self.stream

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stream.sync.close()
