"""Tool calls that a model asked for in a stream and that the agent has yet to run.

The stream shows the request; the agent's own `tool(...)` shows the run. Both are one call, joined
by its id, else by name and arguments. A call that the agent runs without publishing it is closed
when the same thread or task asks the model again, or at the commit.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lashd.publish.bounds import MAX_CALLS
from lashd.session.events import (
    AnyTurnEvent,
    JsonValue,
    Payload,
    ToolCallCompleted,
    ToolCallStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NO_RESULT = "its result was not published"
"""Why a call ends without an outcome."""


class CallSink(Protocol):
    """A session that calls are published into."""

    def send(
        self,
        event: Payload | AnyTurnEvent,
        correlation_id: str | None = None,
        *,
        parent: str | None = None,
    ) -> None:
        """Publish an event; never raises."""

    def close_calls(self, ended: Iterable[tuple[ToolCallCompleted, str | None]]) -> None:
        """Publish ends, with their parents, of calls that the agent left open; never raises.

        These are no words of the agent, so a turn that fails still fails after them.
        """


class _Call(NamedTuple):
    name: str
    args: JsonValue
    parent: str | None
    owner: tuple[int, int]


class PendingCalls:
    """Calls that were requested and are not yet run. Thread-safe; never raises."""

    def __init__(self, sink: Callable[[], CallSink | None]) -> None:
        """`sink`: a weak reference, as the session that it belongs to owns this object."""
        self._sink = sink
        self._lock = threading.Lock()
        self._calls: dict[str, _Call] = {}
        _all.add(self)

    def after_fork(self) -> None:
        """In a child: the thread that held the lock does not exist here and can't release it."""
        self._lock = threading.Lock()
        self._calls.clear()

    def add(self, call_id: str, name: str, args: JsonValue, parent: str | None) -> None:
        """The model asks for a call: show it."""
        surplus = []
        with self._lock:
            known = call_id in self._calls
            self._calls[call_id] = _Call(name, args, parent, _owner())
            if len(self._calls) > MAX_CALLS:
                oldest = next(iter(self._calls))
                surplus.append((oldest, self._calls.pop(oldest)))
        sink = self._sink()
        if sink is not None and not known:
            sink.send(ToolCallStarted(name, args, call_id), call_id, parent=parent)
        self._cancel(surplus)

    def claim(self, name: str, args: JsonValue, call_id: str | None) -> str | None:
        """The id of the pending call that is run now; None if the model didn't ask for it.

        Without an id: the oldest call of this name with equal arguments, or the only one of it.
        """
        with self._lock:
            if call_id is not None:
                return call_id if self._calls.pop(call_id, None) is not None else None
            named = [key for key, call in self._calls.items() if call.name == name]
            equal = [key for key in named if args is None or self._calls[key].args == args]
            found = equal[:1] or (named if len(named) == 1 else [])
            if not found:
                return None
            del self._calls[found[0]]
            return found[0]

    def close(self, *, own: bool = False) -> None:
        """Close what was not run; with `own` only what this thread or task asked for."""
        if not self._calls:
            return
        owner = _owner()
        with self._lock:
            gone = [(key, c) for key, c in self._calls.items() if not own or c.owner == owner]
            for key, _ in gone:
                del self._calls[key]
        self._cancel(gone)

    def _cancel(self, calls: list[tuple[str, _Call]]) -> None:
        sink = self._sink()
        if sink is None:
            return
        output = {"outcome": {"status": "cancelled", "message": NO_RESULT}}
        sink.close_calls(
            (ToolCallCompleted(call.name, None, output, call_id), call.parent)
            for call_id, call in calls
        )


_all: weakref.WeakSet[PendingCalls] = weakref.WeakSet()


def _after_fork() -> None:
    for pending_calls in list(_all):
        pending_calls.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _owner() -> tuple[int, int]:
    """The running thread and asyncio task, so that concurrent agents stay apart."""
    task: object = None
    asyncio = sys.modules.get("asyncio")  # a program without it has no task
    if asyncio is not None:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            pass
    return threading.get_ident(), id(task)
