"""What a producer remembers so that a text comes once, a call ends, and a total is a difference.

Agents send text in pieces and then whole, repeat calls, leave calls open and count tokens
cumulatively. Each class here is fed what a format says and emits only what is new.
Everything it remembers is bounded.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    JsonValue,
    ModelAttemptReset,
    ReasoningDelta,
    ToolCallCompleted,
    ToolCallStarted,
    ToolValue,
    TurnActivity,
    clean,
)
from lashd.exact import exact_number
from lashd.publish.bounds import MAX_CALLS, MAX_ENDED, MAX_PIECE, MAX_REPEATED_ARGS
from lashd.text import clip, short, size_of_value
from lashtui.producers.printed import command_output, is_command

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OUTPUT = 512 * 1024
"""Bytes of a value that goes into an event; with arguments it stays below an event's 1 MiB."""
MAX_ARGS = 256 * 1024
"""Bytes of a call's arguments; no view shows more."""
MAX_DIFF = 128 * 1024
"""Characters of a diff in an output; a longer one would be cut, and then isn't what has changed."""
MAX_BLOCKS = 1024
"""Texts remembered; a copy that comes after a thousand others would be emitted again."""
MAX_KEPT_TEXT = 32 * 1024 * 1024
"""Characters remembered of all unfinished texts together: two lines of the largest size."""

Text: TypeAlias = type[AssistantProseDelta] | type[ReasoningDelta]


class Emit(Protocol):
    """Takes turn events: `RecordProducer.emit`."""

    def __call__(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None: ...


# -- values --------------------------------------------------------------------------------------


def tidy(value: JsonValue, budget: int = MAX_OUTPUT) -> JsonValue:
    """`value` such that an event can carry it, in at most about `budget` bytes.

    Cuts are marked; what the wire can't carry (numbers over 64 bits, deep nesting) is replaced.
    """
    payload = clean(TurnActivity("", None, ToolValue("", value)))
    assert isinstance(payload, TurnActivity)
    assert isinstance(payload.event, ToolValue)
    return clip(payload.event.value, budget)


def succeeded(payload: JsonValue = None) -> JsonValue:
    """A tool's output in lash's shape: it worked, and gave `payload`."""
    return {"outcome": {"status": "success", "payload": payload}}


def edited(payload: JsonValue, diff: str) -> JsonValue:
    """The same of a tool that changed a file, and says in a unified diff what has changed."""
    if "@@ -" not in diff or len(diff) > MAX_DIFF:
        return succeeded(payload)
    return succeeded({"output": payload, "diff": diff})


def failed(message: str, payload: JsonValue = None, exit_code: int | None = None) -> JsonValue:
    """A tool's output in lash's shape: it failed. `exit_code` if the format gives one."""
    outcome: dict[str, JsonValue] = {"status": "failure", "message": message}
    if payload is not None:
        outcome["payload"] = payload
    if exit_code is not None:
        outcome["exit_code"] = exit_code
    return {"outcome": outcome}


def cancelled(message: str | None = None) -> JsonValue:
    """A tool's output in lash's shape: it was stopped, refused, or never came to an end."""
    outcome = {"status": "cancelled"}
    return {"outcome": {**outcome, "message": message} if message else outcome}


IN_BACKGROUND = "It runs on in the background."
"""What a command gave back that outlives its turn."""
MAX_BACKGROUND = 256
"""Commands in the background that are followed."""
MAX_LABEL = 400
"""Characters of a process's label: more than any panel shows."""
MAX_TAIL = 16 * 1024
"""Characters of the end of a background command's output."""


# -- texts ---------------------------------------------------------------------------------------


class _Block:
    __slots__ = ("event", "parts", "size")

    def __init__(self, event: Text) -> None:
        self.event = event
        self.parts: list[str] | None = []
        """What was emitted so far; None once the text is finished."""
        self.size = 0


class Texts:
    """Blocks of prose and reasoning by their key, which is the entry's correlation id.

    Give pieces to `delta` and whole copies to `final`, in any combination: the view shows the
    block once. A finished block takes nothing more.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._blocks: dict[str, _Block] = {}
        self._kept = 0

    def delta(
        self, key: str, text: str, event: Text = AssistantProseDelta, parent: str | None = None
    ) -> None:
        """More of a block."""
        if not isinstance(text, str):
            raise TypeError("a delta that is not text")  # of a damaged record
        if not text:
            return
        block = self._blocks.get(key)
        if block is None:
            block = self._open(key, event)
        if block.parts is None:
            return
        block.parts.append(text)
        block.size += len(text)
        self._kept += len(text)
        if self._kept > MAX_KEPT_TEXT:
            self._drop_oldest()
        if len(text) <= MAX_PIECE:
            self._emit(event(text), key, parent)
        else:
            self._emit_pieces(key, text, event, parent)

    def final(
        self, key: str, text: str, event: Text = AssistantProseDelta, parent: str | None = None
    ) -> None:
        """The whole block: only what is missing is emitted.

        If it doesn't begin with what was emitted, that is withdrawn and all of it emitted.
        """
        block = self._blocks.get(key)
        if block is None:
            block = self._open(key, event)
        if block.parts is None:
            return
        before = "".join(block.parts)
        if not text.startswith(before):
            self._emit(ModelAttemptReset([key]))
            before = ""
        self._close(block)
        self._emit_pieces(key, text[len(before) :], event, parent)

    def close(self, key: str) -> None:
        """The block is finished: no whole copy of it will come, or it no longer counts."""
        block = self._blocks.get(key)
        if block is not None:
            self._close(block)

    def reopen(self, key: str, before: str, event: Text = AssistantProseDelta) -> None:
        """Let a finished block continue in its entry: a whole copy to come begins with `before`."""
        finished = self._blocks.pop(key, None)
        if finished is not None:
            self._close(finished)
        block = self._open(key, event)
        block.parts, block.size = [before], len(before)
        self._kept += len(before)

    def withdraw(self, keys: list[str]) -> None:
        """Withdraw what these unfinished blocks emitted: the attempt is retried."""
        begun = [key for key in keys if self.emitted(key)]
        for key in keys:
            self.close(key)
        if begun:
            self._emit(ModelAttemptReset(begun))

    def take_back(self, keys: list[str]) -> None:
        """Withdraw these blocks, finished or not: they don't count after all."""
        begun = [key for key in keys if key in self._blocks]
        for key in begun:
            self.close(key)
        if begun:
            self._emit(ModelAttemptReset(begun))

    def emitted(self, key: str) -> str:
        """What was emitted of an unfinished block; empty if there is none."""
        block = self._blocks.get(key)
        return "".join(block.parts) if block is not None and block.parts else ""

    def knows(self, key: str) -> bool:
        """Whether anything of this block came already, finished or not."""
        return key in self._blocks

    def is_open(self, key: str) -> bool:
        """Whether the block was begun and not finished."""
        block = self._blocks.get(key)
        return block is not None and block.parts is not None

    def _open(self, key: str, event: Text) -> _Block:
        while len(self._blocks) >= MAX_BLOCKS:
            self._drop_oldest()
        block = self._blocks[key] = _Block(event)
        return block

    def _drop_oldest(self) -> None:
        self._close(self._blocks.pop(next(iter(self._blocks))))

    def _close(self, block: _Block) -> None:
        self._kept -= block.size
        block.parts, block.size = None, 0

    def _emit_pieces(self, key: str, text: str, event: Text, parent: str | None) -> None:
        for start in range(0, len(text), MAX_PIECE):
            self._emit(event(text[start : start + MAX_PIECE]), key, parent)


# -- calls ---------------------------------------------------------------------------------------


class Call:
    """An open tool call."""

    __slots__ = ("args", "at", "name", "parent")

    def __init__(self, name: str, args: JsonValue, at: int | None, parent: str | None) -> None:
        self.name = name
        self.args = args
        self.at = at
        self.parent = parent


class Calls:
    """Tool calls by id. `open` holds those that have not ended, the oldest first."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.open: dict[str, Call] = {}
        self._ended: dict[str, None] = {}

    def start(
        self,
        call_id: str,
        name: str,
        args: JsonValue = None,
        *,
        at: int | None = None,
        parent: str | None = None,
    ) -> None:
        """A call begins; a second time for an open call fills in name and arguments.

        `at`: Unix milliseconds, for the duration.
        """
        if not isinstance(call_id, str) or not isinstance(name, str):
            raise TypeError("a call whose id or name is not text")  # of a damaged record
        call_id, name = short(call_id) or "", short(name) or ""
        if call_id in self._ended:
            return
        args = None if args is None else tidy(args, MAX_ARGS)
        call = self.open.get(call_id)
        if call is None:
            while len(self.open) >= MAX_CALLS:
                self._cancel(next(iter(self.open)), "too many calls are open to follow this one")
            call = self.open[call_id] = Call(name, args, at, parent)
        elif (name or call.name, args) in ((call.name, call.args), (call.name, None)):
            return
        else:
            call.name = name or call.name
            call.args = call.args if args is None else args
        self._emit(ToolCallStarted(call.name, args, call_id), call_id, call.parent)

    def complete(
        self,
        call_id: str,
        output: JsonValue,
        *,
        name: str = "",
        args: JsonValue = None,
        at: int | None = None,
        duration_ms: float | None = None,
        parent: str | None = None,
    ) -> None:
        """A call has ended, with an output in lash's shape. A second end is ignored.

        What the end itself doesn't say (name, arguments, duration) is taken from the start.
        """
        call_id, name = short(call_id) or "", short(name) or ""
        if call_id in self._ended:
            return
        call = self.open.pop(call_id, None) or Call(name, None, None, parent)
        self._end(call_id)
        args = call.args if args is None else tidy(args, MAX_ARGS)
        if args is not None and args is call.args and size_of_value(args) > MAX_REPEATED_ARGS:
            args = None
        if duration_ms is None and at is not None and call.at is not None:
            duration_ms = float(max(0, at - call.at))
        if is_command(call.args if args is None else args):
            output = command_output(output)
        event = ToolCallCompleted(name or call.name, args, tidy(output), call_id, duration_ms)
        self._emit(event, call_id, call.parent or parent)

    def close(self, *, children: bool, message: str | None = None) -> None:
        """End all open calls as cancelled; with `children` False only those of the agent itself."""
        for call_id in [key for key, call in self.open.items() if children or not call.parent]:
            self._cancel(call_id, message)
            self._end(call_id)

    def cancel(self, call_id: str, message: str | None = None) -> None:
        """End one open call as cancelled."""
        self._cancel(call_id, message)
        self._end(call_id)

    def has_ended(self, call_id: str) -> bool:
        """Whether this call has ended; anything later about it is ignored."""
        return short(call_id) in self._ended

    def _cancel(self, call_id: str, message: str | None) -> None:
        call = self.open.pop(call_id)
        event = ToolCallCompleted(call.name, None, cancelled(message), call_id)
        self._emit(event, call_id, call.parent)

    def _end(self, call_id: str) -> None:
        bounded(self._ended, call_id, MAX_ENDED)


# -- counters ------------------------------------------------------------------------------------


MAX_TOTALS = 1024
"""Counters that are remembered, of the newest: a session has some for each model."""


class Totals:
    """Counters that only grow, turned into what came since the last time."""

    def __init__(self) -> None:
        self.last: dict[str, int | float] = {}

    def since(self, totals: Mapping[str, Any]) -> dict[str, int | float]:
        """What each counter grew by; one that fell has begun again, and counts in full."""
        grown: dict[str, int | float] = {}
        for key, value in totals.items():
            total = exact_number(value)
            if total is None:
                continue
            before = self.last.get(key, 0)
            grown[key] = total - before if total >= before else total
            self.last.pop(key, None)
            self.last[key] = total
            if len(self.last) > MAX_TOTALS:
                del self.last[next(iter(self.last))]
        return grown


def counters(usage: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, int | float]:
    """The numbers of `usage` under lash's names; `names` maps the format's names to them."""
    found: dict[str, int | float] = {}
    for given, name in names.items():
        value = exact_number(usage.get(given))
        if value is not None:
            found[name] = found.get(name, 0) + value
    return found


MAX_KEY = 4096
"""Characters of a key that is kept as it is; no id is that long, and thousands are remembered."""


def bounded(seen: dict[str, None], key: str, limit: int) -> bool:
    """Note `key` in `seen`; whether it was there already. At most `limit` of the newest are kept.

    The oldest go an eighth at a time: a dict that loses one from its head at a time gets slow.
    """
    if len(key) > MAX_KEY:
        key = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    if key in seen:
        return True
    seen[key] = None
    if len(seen) > limit:
        for old in list(itertools.islice(seen, limit // 8 + 1)):
            del seen[old]
    return False
