"""Tool calls that a model asked for in a watched stream, and that the agent has yet to run.

The stream shows the request; the agent's own `tool(...)` shows the run. Both are one call, joined
by its id, else by name and arguments. A call that the agent runs without telling is closed when
the same thread or task asks the model again, or at the commit.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, NamedTuple

from lashd.session.events import JsonValue, ToolCallCompleted, ToolCallStarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.publish.agent import AgentSession

MAX_CALLS = 256
"""Calls that wait to be run; the oldest is closed when there are more."""
MAX_JSON = 1024 * 1024
"""Characters of arguments that are parsed; no event carries more."""
UNTOLD = "its result was not published"
"""Why a call ends without an outcome."""


class _Call(NamedTuple):
    name: str
    args: JsonValue
    parent: str | None
    owner: tuple[int, int]


class PendingCalls:
    """The calls that are announced and not yet run. Thread-safe; never raises."""

    def __init__(self, publisher: Callable[[], AgentSession | None]) -> None:
        """With a way to the publisher: it owns this, so this doesn't own it."""
        self._publisher = publisher
        self._lock = threading.Lock()
        self._calls: dict[str, _Call] = {}
        _all.add(self)

    def after_fork(self) -> None:
        """In a child: whoever held the lock is not there to let go of it."""
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
        publisher = self._publisher()
        if publisher is not None and not known:
            publisher.send(ToolCallStarted(name, args, call_id), call_id, parent=parent)
        self._cancel(surplus)

    def claim(self, name: str, args: JsonValue, call_id: str | None) -> str | None:
        """The id of the announced call that is run now; None if it was not announced.

        Without an id: the oldest one of this name with equal arguments, or the only one of it.
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
        """Close what was not run; with `own` only what this thread or task announced."""
        if not self._calls:
            return
        owner = _owner()
        with self._lock:
            gone = [(key, c) for key, c in self._calls.items() if not own or c.owner == owner]
            for key, _ in gone:
                del self._calls[key]
        self._cancel(gone)

    def _cancel(self, calls: list[tuple[str, _Call]]) -> None:
        publisher = self._publisher()
        output = {"outcome": {"status": "cancelled", "message": UNTOLD}}
        for call_id, call in calls:
            if publisher is not None:
                event = ToolCallCompleted(call.name, None, output, call_id)
                publisher.send(event, call_id, parent=call.parent)


_all: weakref.WeakSet[PendingCalls] = weakref.WeakSet()


def _after_fork() -> None:
    for pending_calls in list(_all):
        pending_calls.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _owner() -> tuple[int, int]:
    """The thread and the asyncio task that runs, so that concurrent agents stay apart."""
    task: object = None
    asyncio = sys.modules.get("asyncio")  # a program without it has no task
    if asyncio is not None:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            pass
    return threading.get_ident(), id(task)


def parsed(args: object) -> object:
    """Arguments as a map where they are JSON text of one; else as they are."""
    if not isinstance(args, str) or len(args) > MAX_JSON:
        return args
    try:
        return json.loads(args) if args.lstrip().startswith("{") else args
    except Exception:  # no JSON, or a string of a type that does as it likes
        return args
