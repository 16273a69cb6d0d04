"""The vocabulary of an agent's own loop: what `Publisher` offers beside `publish`.

Nothing here raises into the agent or waits for the daemon, whatever the arguments: values without
a JSON form become their repr, long ones are cut with a mark.
"""

from __future__ import annotations

import uuid
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lashd.publish.bounds import (
    MAX_ARGS_BYTES,
    MAX_COUNTERS,
    MAX_HELD,
    MAX_ID,
    MAX_LABEL,
    MAX_MESSAGE,
    MAX_PIECE,
    MAX_PLAN,
    MAX_TEXT,
    MAX_VALUE_BYTES,
)
from lashd.publish.pending_calls import PendingCalls
from lashd.publish.processes import Processes
from lashd.publish.queue import Queue
from lashd.publish.scopes import ToolCall, Turn, current_scope
from lashd.publish.sdk.fields import parsed, usage_of
from lashd.publish.values import flag, given_id, number_of
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    Error,
    JsonValue,
    Payload,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    ToolCallCompleted,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.session.jsonable import jsonable, plain_text

if TYPE_CHECKING:
    from lashd.session.view import ReadView

_S = TypeVar("_S")


class AgentSession(ABC):
    """A session in an agent's own words.

    Within `with session.tool(...)` everything belongs under that call: a subagent's work.
    """

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.publisher_id = uuid.uuid4().hex
        self.pending_calls = PendingCalls(weakref.ref(self))
        """Calls that a model asked for, for stream proxies and `tool`."""
        self._model = ""
        self.held: deque[tuple[AnyTurnEvent, str | None, int | None]] = deque(maxlen=MAX_HELD)
        """Remarks made between turns; they go before the next event of a turn."""

    # -- what a publisher provides ----------------------------------------------------------------

    @abstractmethod
    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Publish a payload, or a turn event with these ids."""

    @abstractmethod
    def commit(
        self,
        revision: int | None = None,
        read_view: ReadView | dict[str, Any] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """End the turn."""

    @abstractmethod
    def turn_state(self) -> tuple[str, int]:
        """The session's state as this publisher knows it, and the number of turns committed."""

    @abstractmethod
    def failure(self) -> str | None:
        """The message of the error by which the turn fails if it ends here; None if it doesn't."""

    @abstractmethod
    def warn(self, sentence: str) -> None:
        """Report to the agent's `on_warning`; never raises."""

    def send(
        self,
        event: Payload | AnyTurnEvent,
        correlation_id: str | None = None,
        *,
        parent: str | None = None,
    ) -> None:
        """`publish`, but a programming error becomes a warning instead of reaching the agent."""
        self._publish(event, correlation_id, parent, None)

    def close_calls(self, ended: Iterable[tuple[ToolCallCompleted, str | None]]) -> None:
        """Publish ends, with their parents, of calls that the agent left open.

        These are no words of the agent, but count as such: where they would make a success of a
        turn that fails, its error is published again after them.
        """
        failure = self.failure()
        try:
            for event, parent in ended:
                self.send(event, event.call_id, parent=parent)
        except Exception as error:  # of any kind: what was given may be the program's own
            self.warn(f"calls were left open: {plain_text(str(error), MAX_LABEL)}")
        if failure is not None and self.failure() is None:
            self.send(Error(failure))

    def uses(self, model: object) -> None:
        """The session uses this model; published if it is another one."""
        name = plain_text(model, MAX_ID) if isinstance(model, str) else ""
        if name and name != self._model:
            self._model = name
            self.send(SessionChanged(SessionChangeKind.OPENED, model=name))

    def remark(self, event: AnyTurnEvent, at: int | None = None) -> None:
        """Publish what must not seem to begin a turn: between turns it waits for the next one."""
        scope = current_scope(self.publisher_id)
        parent = scope.call_id if scope else None
        if self.turn_state()[0] in ("running", "waiting"):
            self._publish(event, None, parent, at)
        else:
            self.held.append((event, parent, at))

    # -- a turn -----------------------------------------------------------------------------------

    def turn(self, user: object = None) -> Turn:
        """A turn, as a (sync or async) context manager; `user` is what the person asked.

        A clean exit commits. An exception is published as an error, committed as a failed turn,
        and re-raised.
        """
        return Turn(self, user)

    def user(self, text: object) -> None:
        """What a person said to the agent."""
        self._show(UserMessage(plain_text(text, MAX_MESSAGE)))

    def prose(self, text: object, plain: bool = False) -> None:
        """More of the answer; with `plain` it is not Markdown and is shown verbatim."""
        form: Literal["plain"] | None = "plain" if flag(plain) else None
        self._write(text, lambda piece: AssistantProseDelta(piece, form), f"prose-{form}")

    def reasoning(self, text: object) -> None:
        """More of the reasoning."""
        self._write(text, ReasoningDelta, "reasoning")

    def tool(
        self,
        name: object,
        args: object = None,
        *,
        id: object = None,  # noqa: A002
        parent: object = None,
    ) -> ToolCall:
        """Begin a tool call; returns a (sync or async) context manager that ends it.

        Args:
            name: the tool's name.
            args: what it is called with; JSON text of an object, as SDKs have it, is parsed.
            id: the model's id of the call. Without one, the call is matched by name and arguments
                with those that watched streams asked for, or else given a new id.
            parent: id of the call that it belongs under; by default the innermost one around it.
        """
        self._close_text()
        given = jsonable(parsed(args), MAX_ARGS_BYTES)
        return ToolCall(
            self, plain_text(name, MAX_ID) or "tool", given, given_id(id), given_id(parent)
        )

    def error(self, message: object) -> None:
        """Something failed; as the last word of a turn it fails that turn."""
        self._show(Error(plain_text(message, MAX_MESSAGE)))

    def waiting(self, what: object = "") -> None:
        """The agent needs a person, until `resumed`."""
        self._show(Waiting(plain_text(what, MAX_LABEL)))

    def resumed(self) -> None:
        """The agent continues after it waited."""
        self._show(Resumed())

    def retry(
        self,
        reason: object = "",
        *,
        attempt: int = 0,
        max_attempts: int | None = None,
        wait_seconds: float = 0.0,
    ) -> None:
        """A request to the model failed and is retried in `wait_seconds`."""
        most = None if max_attempts is None else int(number_of(max_attempts) or 0)
        wait, count = float(number_of(wait_seconds) or 0), int(number_of(attempt) or 0)
        self._show(RetryStatus(wait, count, most, plain_text(reason, MAX_LABEL)))

    def plan(self, items: object) -> None:
        """The agent's plan, as a whole: texts, (text, status) pairs, or maps with these keys.

        A status is pending, in_progress or completed.
        """
        try:
            listed = [_plan_item(item) for item in _some(items, MAX_PLAN)]
        except Exception as error:
            self.warn(f"the plan can't be read: {plain_text(error, 500)}")
            return
        self.send(RuntimeDiagnostic("plan", {"items": listed}))

    def diagnostic(self, kind: object, data: object = None) -> None:
        """A remark of the runtime."""
        name = plain_text(kind, MAX_ID) or "note"
        self._show(RuntimeDiagnostic(name, jsonable(data, MAX_VALUE_BYTES)))

    def usage(
        self,
        usage: object = None,
        /,
        *,
        input_tokens: float | None = None,
        output_tokens: float | None = None,
        cached_input_tokens: float | None = None,
        reasoning_tokens: float | None = None,
        cost_usd: float | None = None,
        model: object = None,
        context_used: float | None = None,
        context_size: float | None = None,
        **more: object,
    ) -> None:
        """Tokens of one request: counters, or the `usage` object of an SDK's response.

        `model` names the model that answered; `context_used` and `context_size` are the tokens in
        its context now, and how many it holds. Within a tool call all of it is a subagent's, and
        its context is not shown.
        """
        given: dict[str, object] = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cached_input_tokens": cached_input_tokens,
            "reasoning_tokens": reasoning_tokens,
            "cost_usd": cost_usd,
            **more,
        }
        counters: dict[str, JsonValue] = dict(usage_of(usage))
        for name, value in list(given.items())[:MAX_COUNTERS]:
            number = number_of(value)
            if number is not None:
                counters[plain_text(name, MAX_ID)] = number
        numbers = {"used": number_of(context_used), "size": number_of(context_size)}
        context = {name: number for name, number in numbers.items() if number is not None}
        scope = current_scope(self.publisher_id)
        if scope is None:
            self.uses(model)
            if counters or context:
                self.send(Usage(counters, context=context or None))
        elif counters:
            asked = plain_text(model, MAX_ID) if isinstance(model, str) else None
            child = ChildUsage(counters, source=scope.name, model=asked or None)
            self.send(child, parent=scope.call_id)

    @property
    def queue(self) -> Queue:
        """Work that is waiting for the agent."""
        return Queue(self)

    @property
    def process(self) -> Processes:
        """Background processes of the agent."""
        return Processes(self)

    def watch(self, stream: _S) -> _S:
        """A proxy of `stream` that publishes prose, reasoning, tool calls and usage as it is read.

        Accepts what the OpenAI SDK (chat completions, Responses), the Anthropic SDK and compatible
        ones return: sync and async iterators, the context managers around them, awaitables of
        them, and whole responses. The agent reads the SDK's own objects, unchanged.
        """
        from lashd.publish.sdk.stream import stream_proxy

        return stream_proxy(self, stream)

    # -- inside -----------------------------------------------------------------------------------

    def _publish(
        self,
        event: Payload | AnyTurnEvent,
        correlation_id: str | None,
        parent: str | None,
        at: int | None,
    ) -> None:
        try:
            self.publish(event, correlation_id=correlation_id, parent=parent, at=at)
        except Exception as error:
            self.warn(f"{type(event).__name__} was not published: {plain_text(error, 500)}")

    def _show(self, event: AnyTurnEvent) -> None:
        scope = current_scope(self.publisher_id)
        if scope is not None:
            scope.close_text()
        self.send(event, parent=scope.call_id if scope else None)

    def _close_text(self) -> None:
        scope = current_scope(self.publisher_id)
        if scope is not None:
            scope.close_text()

    def _write(self, text: object, event: Callable[[str], AnyTurnEvent], kind: str) -> None:
        scope = current_scope(self.publisher_id)
        key = scope.text_key(kind) if scope else None
        whole = plain_text(text, MAX_TEXT)
        for start in range(0, len(whole), MAX_PIECE):
            piece = whole[start : start + MAX_PIECE]
            self.send(event(piece), key, parent=scope.call_id if scope else None)


def _some(items: object, limit: int) -> list[object]:
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable):
        return [items]
    return [item for item, _ in zip(items, range(limit), strict=False)]


def _plan_item(item: object) -> JsonValue:
    if isinstance(item, Mapping):
        return jsonable(item, MAX_LABEL)
    if isinstance(item, tuple | list) and len(item) == 2:
        return {"text": plain_text(item[0], MAX_LABEL), "status": plain_text(item[1], MAX_ID)}
    return {"text": plain_text(item, MAX_LABEL), "status": "pending"}
