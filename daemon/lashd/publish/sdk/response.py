"""What a model's stream says, on its way into a session: text, calls, code, counters.

It finds out which dialect the stream's objects are in. Whatever goes wrong with them is caught
here.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lashd.publish.bounds import (
    MAX_ARGS_BYTES,
    MAX_BLOCKS,
    MAX_CALLS,
    MAX_ID,
    MAX_MESSAGE,
    MAX_PIECE,
    MAX_VALUE_BYTES,
)
from lashd.publish.scopes import current_scope
from lashd.publish.sdk.anthropic import MessageEvents
from lashd.publish.sdk.fields import get, text
from lashd.publish.sdk.openai import ChatChunks, ResponsesEvents
from lashd.publish.sdk.translator import Translator
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    CodeBlockCompleted,
    CodeBlockStarted,
    Error,
    JsonValue,
    ModelRequestStarted,
    ReasoningDelta,
    RuntimeDiagnostic,
    ToolCallCompleted,
    ToolCallStarted,
    Usage,
)
from lashd.session.jsonable import describe, jsonable, plain_text

if TYPE_CHECKING:
    from lashd.publish.sink import AgentSink


class Response:
    """One stream, or one whole response, of a model. Nothing here raises."""

    def __init__(self, sink: AgentSink) -> None:
        scope = current_scope(sink.publisher_id)
        self.sink = sink
        self._parent = scope.call_id if scope else None
        self._source = scope.name if scope else None
        self._stream_id = uuid.uuid4().hex[:12]
        self._responses = 0
        self._lengths: dict[str, int] = {}
        """Characters published of each block, to recognise a whole copy."""
        self._dialects: list[Translator] = [
            ChatChunks(self),
            ResponsesEvents(self),
            MessageEvents(self),
        ]
        self._dialect: Translator | None = None
        self._hosted: dict[str, str] = {}
        self._model: str | None = None
        self._began = False
        self._over = False
        self._complained = False

    # -- the stream's life ------------------------------------------------------------------------

    def begin(self) -> None:
        """Reading begins. By now the agent has run what the model asked for before."""
        if not self._began:
            self._began = True
            self.sink.pending_calls.close(own=True)
            self._send(ModelRequestStarted())

    def feed(self, item: object) -> None:
        """Publish what one of its objects says."""
        try:
            self._feed(item)
        except Exception as error:
            self._warn(f"an object of a stream can't be read: {describe(error)}")

    def finish(self) -> None:
        """It has ended as it should."""
        if self._over or not self._began:
            return
        self._over = True
        try:
            if self._dialect is not None:
                self._dialect.end()
        except Exception as error:
            self._warn(f"the end of a stream can't be read: {describe(error)}")
        self._close_hosted()

    def broken(self, error: BaseException) -> None:
        """Reading it has failed. The agent handles the error; unfinished calls are dropped."""
        if self._over:
            return
        self.abandon()
        data: JsonValue = {"error": plain_text(error, MAX_MESSAGE)}
        self._send(RuntimeDiagnostic("stream_failed", data))

    def abandon(self) -> None:
        """The agent stops reading before the end."""
        self._over = True
        self._close_hosted()

    def whole(self, items: list[object] | tuple[object, ...]) -> None:
        """Publish all of it at once."""
        self.begin()
        for item in items:
            self.feed(item)
        self.finish()

    def is_known(self, item: object) -> bool:
        """Whether this looks like a whole response."""
        if get(item, "choices") is not None or get(item, "output") is not None:
            return True
        return text(item, "type") == "message"

    def _feed(self, item: object) -> None:
        if isinstance(item, str):
            self.text("text", item)
            return
        if self._dialect is not None:
            self._dialect.feed(item)
            return
        for dialect in self._dialects:
            if dialect.feed(item):
                self._dialect = dialect
                return
        if not self._complained:
            self._complained = True
            kind = text(item, "type") or type(item).__name__
            self._send(RuntimeDiagnostic("unknown_stream", {"type": plain_text(kind, MAX_ID)}))

    def _warn(self, sentence: str) -> None:
        if not self._complained:
            self._complained = True
            self.sink.warn(plain_text(sentence, 500))

    def _send(self, event: AnyTurnEvent, correlation_id: str | None = None) -> None:
        self.sink.send(event, correlation_id, parent=self._parent)

    # -- what a translator reports ----------------------------------------------------------------

    def started(self) -> None:
        """The keys of blocks start over."""
        self._responses += 1
        self._lengths.clear()

    def model(self, name: str) -> None:
        """The session's model, unless a subagent asked it."""
        self._model = plain_text(name, MAX_ID) or self._model
        if self._parent is None:
            self.sink.uses(name)

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """More text of a block."""
        if key not in self._lengths and len(self._lengths) >= MAX_BLOCKS:
            return
        self._lengths[key] = self._lengths.get(key, 0) + len(text)
        kind = ReasoningDelta if reasoning else AssistantProseDelta
        correlation_id = f"{self._stream_id}-{self._responses}-{key[:150]}"
        for start in range(0, len(text), MAX_PIECE):
            self._send(kind(text[start : start + MAX_PIECE]), correlation_id)

    def whole_text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """Publish what is missing of the block."""
        self.text(key, text[self._lengths.get(key, 0) :], reasoning=reasoning)

    def end_text(self, key: str) -> None:
        """The entry ends with the turn."""

    def call(self, call_id: str, name: str, args: object) -> None:
        """The model asks for a tool that the agent will run."""
        given_id = call_id[:MAX_ID] or uuid.uuid4().hex[:16]
        given = jsonable(args, MAX_ARGS_BYTES)
        self.sink.pending_calls.add(given_id, name[:MAX_ID], given, self._parent)

    def hosted(self, call_id: str, name: str, args: object) -> None:
        """The provider runs one of its own tools."""
        if not call_id or len(self._hosted) >= MAX_CALLS:
            return  # without an id its end can't be matched
        self._hosted[call_id] = name
        given = jsonable(args, MAX_ARGS_BYTES)
        if isinstance(given, dict):  # SDKs' models have every possible field, most of them None
            given = {key: value for key, value in given.items() if value is not None} or None
        self._send(ToolCallStarted(name[:MAX_ID], given, call_id), call_id)

    def hosted_end(self, call_id: str, name: str, output: object, error: str) -> None:
        """A tool of the provider has ended."""
        self._hosted.pop(call_id, None)
        call_id = call_id or uuid.uuid4().hex[:16]
        outcome: dict[str, JsonValue] = {"status": "failure" if error else "success"}
        if error:
            outcome["message"] = error[:MAX_MESSAGE]
        outcome["payload"] = jsonable(output, MAX_VALUE_BYTES)
        event = ToolCallCompleted(name[:MAX_ID], None, {"outcome": outcome}, call_id)
        self._send(event, call_id)

    def code(self, call_id: str, language: str, code: str, output: object, error: str) -> None:
        """The provider ran code."""
        key = call_id or uuid.uuid4().hex[:16]
        self._send(CodeBlockStarted(language, plain_text(code, MAX_VALUE_BYTES), key), key)
        result = jsonable(output, MAX_VALUE_BYTES)
        ended = CodeBlockCompleted(language, result, error or None, not error, None, [], key)
        self._send(ended, key)

    def usage(self, counters: dict[str, int | float]) -> None:
        """Tokens of the response; within a tool call they count as a subagent's."""
        given: dict[str, JsonValue] = dict(counters)
        if self._parent is None:
            used = counters.get("input_tokens", 0) + counters.get("output_tokens", 0)
            self._send(Usage(given, context={"used": used} if used else None))
        else:
            self._send(ChildUsage(given, source=self._source, model=self._model))

    def stopped(self, reason: str) -> None:
        """The agent reads the reason itself."""

    def ended(self) -> None:
        """The agent ends the turn."""

    def unknown(self, kind: str, item: object, /) -> None:
        """SDKs may add kinds; the agent reads them all."""

    def failed(self, message: str) -> None:
        """The response failed; what the provider was running failed with it."""
        self._close_hosted()
        self._send(Error(plain_text(message, MAX_MESSAGE)))

    def _close_hosted(self) -> None:
        hosted, self._hosted = self._hosted, {}
        output = {"outcome": {"status": "cancelled", "message": "its result did not come"}}
        self.sink.close_calls(
            (ToolCallCompleted(name[:MAX_ID], None, output, call_id), self._parent)
            for call_id, name in hosted.items()
        )
