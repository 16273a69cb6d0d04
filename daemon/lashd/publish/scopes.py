"""What runs right now: turns and tool calls as context managers, nested by context variables.

A scope is a tool call that the present thread or task works in. What is published there belongs
under that call. `asyncio` tasks and `asyncio.to_thread` inherit it, a bare thread does not.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Literal, Self, TypeVar

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

    from lashd.publish.agent import AgentSession

_T = TypeVar("_T")

MAX_ARGS_BYTES = 64 * 1024
"""Of a call's arguments; a view keeps no more."""
MAX_REPEATED_ARGS = 16 * 1024
"""Of arguments that the end of a call repeats; the row has longer ones from its start."""
MAX_VALUE_BYTES = 256 * 1024
"""Of a result or a diagnostic's data; a view keeps no more."""
MAX_MESSAGE = 64 * 1024
"""Characters of an error or of a person's message: 256 KiB at the worst, a quarter of an event."""
MAX_ID = 200
"""Characters of an id; a view keeps 256."""


class Scope:
    """A tool call that someone works in, and the text that is being written there."""

    __slots__ = ("_kind", "_number", "call_id", "name", "outer", "publisher_id")

    def __init__(self, publisher_id: str, call_id: str, name: str, outer: Scope | None) -> None:
        self.publisher_id = publisher_id
        self.call_id = call_id
        self.name = name
        self.outer = outer
        self._kind = ""
        self._number = 0

    def text_key(self, kind: str) -> str:
        """The row that text of this kind goes on in: others may write elsewhere meanwhile."""
        if kind != self._kind:
            self._kind = kind
            self._number += 1
        return f"{self.call_id}-text-{self._number}"

    def close_text(self) -> None:
        """Something else was shown: the next text begins a new row."""
        self._kind = ""


_scope: ContextVar[Scope | None] = ContextVar("lashd_scope", default=None)


def current_scope(publisher_id: str) -> Scope | None:
    """The innermost call of this publisher that the present context works in."""
    scope = _scope.get()
    while scope is not None and scope.publisher_id != publisher_id:
        scope = scope.outer
    return scope


class ToolCall:
    """One tool call. Made by `Publisher.tool`; used with `with` or `async with`.

    Leaving the block ends the call: with what `result` or `fail` said, as a failure after an
    exception (which goes on), as cancelled after an interrupt or a cancellation. Without a block,
    `result`, `fail` and `cancel` end it at once. Nothing here raises; it may be used from any
    thread.
    """

    def __init__(
        self,
        publisher: AgentSession,
        name: str,
        args: JsonValue,
        call_id: str | None,
        parent: str | None,
    ) -> None:
        self.name = name
        self._publisher = publisher
        self._outer = current_scope(publisher.publisher_id)
        if parent is None and self._outer is not None:
            parent = self._outer.call_id
        claimed = publisher.pending_calls.claim(name, args, call_id)
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
        publisher.send(ToolCallStarted(name, args, self.id), self.id, parent=parent)

    def result(self, value: _T) -> _T:
        """What the tool gave back; returns it, for `return call.result(...)`."""
        payload = jsonable(value, MAX_VALUE_BYTES)
        self._settle({"outcome": {"status": "success", "payload": payload}})
        return value

    def fail(self, message: object, payload: object = None) -> None:
        """The tool failed."""
        self._settle(_outcome("failure", message, payload))

    def cancel(self, message: object = "cancelled") -> None:
        """The tool was stopped, or not allowed."""
        self._settle(_outcome("cancelled", message, None))

    def __enter__(self) -> Self:
        self._entered = True
        scope = Scope(self._publisher.publisher_id, self.id, self.name, _scope.get())
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
                pass  # left in another context than entered, as generators may
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

    def _settle(self, output: JsonValue) -> None:
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
        self._publisher.send(event, self.id, parent=self.parent)


class Turn:
    """One turn. Made by `Publisher.turn`; used with `with` or `async with`.

    A clean exit commits. An exception is published as an error, committed (which makes it a failed
    turn), and goes on. A turn within a tool call is a subagent's: it is shown, not committed.
    """

    def __init__(self, publisher: AgentSession, user: object) -> None:
        self._publisher = publisher
        self._user = user
        self._turns = 0

    def __enter__(self) -> Self:
        publisher = self._publisher
        self._turns = publisher.turn_state()[1]
        if self._user is not None:
            publisher.user(self._user)
        else:
            # Nothing else says that a turn has begun; until then the session is seen as idle.
            publisher.send(ModelRequestStarted())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        publisher = self._publisher
        if error is not None and not _is_normal_exit(error) and not self._is_told(error):
            publisher.pending_calls.close()
            scope = current_scope(publisher.publisher_id)
            message = plain_text(error, MAX_MESSAGE)
            publisher.send(Error(message), parent=scope.call_id if scope else None)
        if current_scope(publisher.publisher_id) is not None:
            return
        state, turns = publisher.turn_state()
        # A turn within this one has committed already, unless something came after it.
        if state in ("running", "waiting") or (state == "idle" and turns == self._turns):
            publisher.commit()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def _is_told(self, error: BaseException) -> bool:
        """Whether a turn within this one has told of this exception; from now on one has."""
        ours = self._publisher.publisher_id
        try:
            told: object = error.__dict__.get("_lashd_told")
            error.__dict__["_lashd_told"] = ours
        except Exception:
            return False
        return told == ours and self._publisher.turn_state()[1] != self._turns


def _outcome(status: str, message: object, payload: object) -> JsonValue:
    outcome: dict[str, JsonValue] = {"status": status, "message": plain_text(message, MAX_MESSAGE)}
    if payload is not None:
        outcome["payload"] = jsonable(payload, MAX_VALUE_BYTES)
    return {"outcome": outcome}


def _is_normal_exit(error: BaseException) -> bool:
    """`sys.exit()` and the closing of a generator that nobody reads on are no failures."""
    if isinstance(error, SystemExit):
        return error.code in (None, 0)
    return isinstance(error, GeneratorExit)
