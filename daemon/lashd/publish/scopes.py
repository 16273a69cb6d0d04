"""What is running right now: turns and tool calls as context managers, nested by context variables.

A scope is a tool call that the current thread or task works in. What is published there belongs
under that call. `asyncio` tasks and `asyncio.to_thread` inherit it, a bare thread does not.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from lashd.publish.bounds import MAX_MESSAGE, MAX_REPEATED_ARGS, MAX_VALUE_BYTES
from lashd.session.clip import size_of_value
from lashd.session.events import (
    Error,
    JsonValue,
    ModelRequestStarted,
    ToolCallCompleted,
    ToolCallStarted,
)
from lashd.session.jsonable import describe, jsonable, plain_text

if TYPE_CHECKING:
    from types import TracebackType

    from lashd.publish.sink import AgentSink

_T = TypeVar("_T")


class Scope:
    """A tool call that code is running in, and the text being written there."""

    __slots__ = ("_kind", "_number", "call_id", "name", "outer", "publisher_id")

    def __init__(self, publisher_id: str, call_id: str, name: str, outer: Scope | None) -> None:
        self.publisher_id = publisher_id
        self.call_id = call_id
        self.name = name
        self.outer = outer
        self._kind = ""
        self._number = 0

    def text_key(self, kind: str) -> str:
        """The entry that text of this kind continues; other scopes may write in between."""
        if kind != self._kind:
            self._kind = kind
            self._number += 1
        return f"{self.call_id}-text-{self._number}"

    def close_text(self) -> None:
        """Something else was shown: the next text begins a new entry."""
        self._kind = ""


_scope: ContextVar[Scope | None] = ContextVar("lashd_scope", default=None)


def current_scope(publisher_id: str) -> Scope | None:
    """The innermost call of this publisher that the current context works in."""
    scope = _scope.get()
    while scope is not None and scope.publisher_id != publisher_id:
        scope = scope.outer
    return scope


class ToolCall:
    """One tool call. Made by `Publisher.tool`; used with `with` or `async with`.

    Leaving the block ends the call: with what `result` or `fail` set, as a failure after an
    exception (which is re-raised), as cancelled after an interrupt or a cancellation. Without a
    block, `result`, `fail` and `cancel` end it at once. Nothing here raises; it may be used from
    any thread.
    """

    def __init__(
        self,
        sink: AgentSink,
        name: str,
        args: JsonValue,
        call_id: str | None,
        parent: str | None,
    ) -> None:
        self.name = name
        self._sink = sink
        outer = current_scope(sink.publisher_id)
        if parent is None and outer is not None:
            parent = outer.call_id
        claimed = sink.pending_calls.claim(name, args, call_id)
        self.id = call_id or claimed or uuid.uuid4().hex[:16]
        """The call's id: the `parent` of what belongs under it."""
        self.parent = parent
        self._args = args
        self._lock = threading.Lock()
        self._entered = False
        self._ended = False
        self._output: JsonValue = None
        self._token: Token[Scope | None] | None = None
        self._began = time.monotonic()
        sink.send(ToolCallStarted(name, args, self.id), self.id, parent=parent)

    def result(self, value: _T) -> _T:
        """Set the tool's result; returns `value`, for `return call.result(...)`."""
        payload = jsonable(value, MAX_VALUE_BYTES)
        self._set_output({"outcome": {"status": "success", "payload": payload}})
        return value

    def fail(self, message: object, payload: object = None) -> None:
        """The tool failed."""
        self._set_output(_outcome("failure", message, payload))

    def cancel(self, message: object = "cancelled") -> None:
        """The tool was stopped, or not allowed."""
        self._set_output(_outcome("cancelled", message, None))

    def __enter__(self) -> Self:
        self._entered = True
        scope = Scope(self._sink.publisher_id, self.id, self.name, _scope.get())
        self._token = _scope.set(scope)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            try:
                _scope.reset(token)
            except (ValueError, RuntimeError):
                pass  # left in a different context than entered, as generators may
        if error is not None and not _is_normal_exit(error):
            status: Literal["failure", "cancelled"] = "failure"
            if not isinstance(error, Exception):
                status = "cancelled"
            self._output = _outcome(status, describe(error), None)
        elif self._output is None:
            self._output = {"outcome": {"status": "success", "payload": None}}
        self._end()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def _set_output(self, output: JsonValue) -> None:
        self._output = output
        if not self._entered:
            self._end()

    def _end(self) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        args = self._args
        try:
            if size_of_value(args) > MAX_REPEATED_ARGS:
                args = None
        except Exception:  # lone surrogates: the start has them, cleaned
            args = None
        took = round((time.monotonic() - self._began) * 1000, 1)
        event = ToolCallCompleted(self.name, args, self._output, self.id, took)
        self._sink.send(event, self.id, parent=self.parent)


class Turn:
    """One turn. Made by `Publisher.turn`; used with `with` or `async with`.

    A clean exit commits. An exception is published as an error, committed (which makes it a failed
    turn), and re-raised. A turn within a tool call is a subagent's: it is shown, not committed.
    """

    def __init__(self, sink: AgentSink, user: object) -> None:
        self._sink = sink
        self._user = user
        self._turns = 0

    def __enter__(self) -> Self:
        sink = self._sink
        self._turns = sink.turn_state()[1]
        if self._user is not None:
            sink.user(self._user)
        else:
            # Nothing else says that a turn has begun; without it the session would look idle.
            sink.send(ModelRequestStarted())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sink = self._sink
        if error is not None and not _is_normal_exit(error) and not self._is_published(error):
            sink.pending_calls.close()
            scope = current_scope(sink.publisher_id)
            message = plain_text(error, MAX_MESSAGE)
            sink.send(Error(message), parent=scope.call_id if scope else None)
        if current_scope(sink.publisher_id) is not None:
            return
        state, turns = sink.turn_state()
        # A turn within this one has committed already, unless something came after it.
        if state in ("running", "waiting") or (state == "idle" and turns == self._turns):
            sink.commit()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def _is_published(self, error: BaseException) -> bool:
        """Whether a turn within this one has published this exception; marks it as published."""
        publisher_id = self._sink.publisher_id
        try:
            published_by: object = error.__dict__.get("_lashd_published_by")
            error.__dict__["_lashd_published_by"] = publisher_id
        except Exception:
            return False
        return published_by == publisher_id and self._sink.turn_state()[1] != self._turns


def _outcome(status: str, message: object, payload: object) -> JsonValue:
    outcome: dict[str, JsonValue] = {"status": status, "message": plain_text(message, MAX_MESSAGE)}
    if payload is not None:
        outcome["payload"] = jsonable(payload, MAX_VALUE_BYTES)
    return {"outcome": outcome}


def _is_normal_exit(error: BaseException) -> bool:
    """`sys.exit()`, and closing a generator that is no longer read, are not failures."""
    if isinstance(error, SystemExit):
        return error.code in (None, 0)
    return isinstance(error, GeneratorExit)
