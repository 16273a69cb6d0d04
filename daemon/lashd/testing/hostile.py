"""What a hostile client may send: values, events, views and messages, drawn by a random source.

All of it is msgpack that some client could produce, or the bytes of one that is broken. What the
daemon is known to take badly can be left out by kind, so that a run finds what is not known yet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any

import msgspec

Value = Any
encode = msgspec.msgpack.Encoder().encode


class Kind(StrEnum):
    """Kinds of input that can be left out, each by its name."""

    ODD_KEYS = "odd_keys"
    """Maps with keys that are no strings, in events and views."""
    EXTENSIONS = "extensions"
    """Extension types and timestamps, in events and views."""
    BINARY = "binary"
    """`bin` values, in events and views."""
    NAN = "nan"
    """NaN and infinities, in events and views."""
    DEEP = "deep"
    """Values nested deeper than 64 levels."""
    HUGE_INTEGERS = "huge_integers"
    """Integers beyond 53 bits in views."""
    USAGE_COUNTERS = "usage_counters"
    """Usage counters that are no numbers, in views and in `cumulative`."""
    FLOODS = "floods"
    """Events and views of hundreds of thousands of small values; no step may take long."""
    SLOW_RESTORES = "slow_restores"
    """Restores that take longer to arrive than an opened session waits for its first message."""
    MANY_PUBLISHERS = "many_publishers"
    """More publishers of one session, one after another, than were ever remembered."""
    HALF_SENT = "half_sent"
    """Clients that hang within large frames, up to the bound for all of them together."""
    COMMIT_VIEWS = "commit_views"
    """`committed` with a `read_view` into the session of another publisher."""


IN_CONTENT = frozenset(
    {Kind.ODD_KEYS, Kind.EXTENSIONS, Kind.BINARY, Kind.NAN, Kind.DEEP, Kind.HUGE_INTEGERS}
)
"""Kinds that a single changed byte in an event can bring about."""

INTEGERS = (0, 1, -1, 2, 7, 255, 256, 2**31, 2**32, 2**53 - 1, -(2**31))
HUGE = (2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))
TEXTS = (
    "", "a", "\0", "x" * 300, "\x1b[31m", "\u202e", "lashsc1:0:0:a", "\U0001f600" * 5, "null",
    "ä" * 200, "a\nb", "user_message", "session_changed", "e1", "c1", "success",
)  # fmt: skip
BROKEN = (
    b"\xa3\xff\xfe\xfd", b"\xa3\xed\xa0\x80", b"\xc1", b"\xa5ab", b"\xdf\xff\xff\xff\xff",
    b"\xdd\x7f\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x82\xa1a\x01\xa1a\x02",
)  # fmt: skip
"""Text that is no UTF-8, lengths that nothing follows, a key twice."""
DEPTHS = (3, 20, 55)
TOO_DEEP = (64, 65, 70, 200, 900, 1030, 3000)


class Hostile:
    """Draws values and what is made of them. All randomness is the source's."""

    def __init__(self, source: random.Random, leave_out: Collection[Kind] = ()) -> None:
        self.source = source
        self._with = frozenset(Kind) - frozenset(leave_out)
        self._values: list[Callable[[], Value]] = [
            *[self._integer, self._text, self._list, self._map] * 3,
            *[self._plain, self._broken, self._nested, self._number],
        ]
        if Kind.BINARY in self._with:
            self._values.append(lambda: source.randbytes(source.randrange(20)))
        if Kind.EXTENSIONS in self._with:
            self._values.append(self._extension)
        self._huge = True

    def has(self, kind: Kind) -> bool:
        """The kind is not left out."""
        return kind in self._with

    # -- values -----------------------------------------------------------------------------------

    def value(self) -> Value:
        """Anything."""
        return self.source.choice(self._values)()

    def _integer(self) -> Value:
        return self.source.choice(INTEGERS + HUGE if self._huge else INTEGERS)

    def _number(self) -> Value:
        numbers = [1.5, 1e308, -0.0, 5e-324]
        if Kind.NAN in self._with:
            numbers += [float("nan"), float("inf"), float("-inf")]
        return self.source.choice(numbers)

    def _text(self) -> Value:
        return self.source.choice(TEXTS)

    def _plain(self) -> Value:
        return self.source.choice((None, True, False, [], {}, "y" * 5000))

    def _list(self) -> Value:
        return [self.value() for _ in range(self.source.randrange(4))]

    def _map(self) -> Value:
        keys: list[Any] = ["a", "type", "text", "id", ""]
        if Kind.ODD_KEYS in self._with:
            keys += [0, None, 2.5, True, (1, 2), *[b"k"] * (Kind.BINARY in self._with)]
        return {self.source.choice(keys): self.value() for _ in range(self.source.randrange(4))}

    def _broken(self) -> Value:
        return msgspec.Raw(self.source.choice(BROKEN))

    def _nested(self) -> Value:
        depth = self.source.choice(DEPTHS + TOO_DEEP if Kind.DEEP in self._with else DEPTHS)
        around = self.source.choice((b"\x91", b"\x81\xa1a"))
        inmost = b"\xd4\x05\x00" if self.has(Kind.EXTENSIONS) else b"\xc0"
        return msgspec.Raw(around * depth + inmost)

    def _extension(self) -> Value:
        code = self.source.choice((-1, 0, 5, 127))
        return msgspec.msgpack.Ext(
            code, self.source.randbytes(self.source.choice((0, 1, 4, 8, 12)))
        )

    # -- what is made of them ---------------------------------------------------------------------

    def changed(self, tree: Value) -> Value:
        """A copy of `tree` with one to three changes anywhere in it."""
        tree = _copy(tree)
        places: list[tuple[Any, Any]] = []
        _walk(tree, places)
        for _ in range(self.source.choice((1, 1, 1, 2, 3))):
            if places:
                self._change(*self.source.choice(places))
        return tree

    def _change(self, holder: Any, key: Any) -> None:
        chance = self.source.random()
        if isinstance(holder, dict):
            if chance < 0.75:
                holder[key] = self.value()
            elif chance < 0.85:
                holder.pop(key, None)
            else:
                name = self.source.choice(("x", "type", "id", "session_id", "revision", "at"))
                holder[name] = self.value()
        elif key < len(holder):
            holder[key] = self.value()

    def event(self) -> bytes:
        """An event of a publisher: more than half of them legal."""
        event = self._event()
        if self.source.random() < 0.4:
            event = self.changed(event)
            if not self.has(Kind.USAGE_COUNTERS):
                for holder in (event, event.get("activity")):
                    if isinstance(holder, dict) and "cumulative" in holder:
                        holder["cumulative"] = {"input": 9}
        return encode(event)

    def _event(self) -> Value:
        source = self.source
        if source.random() < 0.4:
            event = _copy(source.choice(PAYLOADS))
            with_view = event["type"] == "committed" and source.random() < 0.3
            if with_view and Kind.COMMIT_VIEWS in self._with:
                event["read_view"] = self._legal_view()
            return event
        activity = _copy(source.choice(ACTIVITIES))
        if source.random() < 0.5:
            activity["id"] = source.choice(("i1", "i2", "i3"))
            activity["correlation_id"] = source.choice(("c1", "c2"))
        if source.random() < 0.2:
            activity["parent"] = source.choice(("k1", "i1", "i2", None))
        if source.random() < 0.5:
            return activity
        at = source.choice((None, 0, 1795380687920, 2**62))
        return {"type": "turn_activity", "activity": activity, "at": at, "revision": 1}

    def view(self) -> bytes:
        """A view as a restore has it: some of them legal."""
        view = self._legal_view()
        if self.source.random() < 0.7:
            usage = None if Kind.USAGE_COUNTERS in self._with else view.pop("usage")
            self._huge = Kind.HUGE_INTEGERS in self._with
            view = self.changed(view)
            self._huge = True
            if usage is not None:
                view["usage"] = usage
            if self.has(Kind.HUGE_INTEGERS) and self.source.random() < 0.1:
                view["turn_index"] = self.source.choice(HUGE)
        return encode(view)

    def _legal_view(self) -> dict[str, Value]:
        source = self.source
        entries = [
            {
                "kind": source.choice(ENTRY_KINDS), "id": f"r{index}", "position": index,
                "started_at": 1, "text": "x", "args": {"a": 1}, "settled": index % 2 == 0,
            }
            for index in range(source.randrange(5))
        ]  # fmt: skip
        return {
            "session_id": "v", "revision": source.choice((0, 3)), "turn_index": 1,
            "state": source.choice(("idle", "running", "waiting", "ended")), "title": "t",
            "entries": entries, "queue": [{"batch_id": "b1", "text": "t"}],
            "processes": [{"process_id": "p", "label": "l", "state": "running"}],
            "usage": {"total": {"input": 3}}, "plan": [{"content": "c"}],
            "turn": {"pending": ["c1"]},
        }  # fmt: skip

    def flood(self) -> bytes:
        """An event that is small in bytes and large in values."""
        count = self.source.choice((65_000, 1_000_000))
        item = self.source.choice((b"\x80", b"\x90", b"\x01", b"\xa0"))
        array = b"\xdd" + count.to_bytes(4, "big") + item * count
        started = {"type": "tool_call_started", "name": "t", "call_id": "f"}
        return encode(started | {"args": msgspec.Raw(array)})

    def changed_bytes(self, data: bytes) -> bytes:
        """The bytes with a few of them changed, lost or added."""
        changed = bytearray(data)
        for _ in range(self.source.choice((1, 1, 2, 5))):
            if not changed:
                break
            index = self.source.randrange(len(changed))
            how = self.source.randrange(4)
            if how == 0:
                changed[index] = self.source.randrange(256)
            elif how == 1:
                changed[index] ^= 1 << self.source.randrange(8)
            elif how == 2:
                del changed[index : index + self.source.randrange(1, 5)]
            else:
                changed[index:index] = self.source.randbytes(self.source.randrange(1, 5))
        return bytes(changed)


def _copy(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _walk(value: Value, places: list[tuple[Any, Any]]) -> None:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        places.append((value, key))
        if isinstance(value[key], dict | list):
            _walk(value[key], places)


ENTRY_KINDS = (
    "user", "prose", "reasoning", "tool", "code", "value", "error", "retry", "diagnostic", "commit",
)  # fmt: skip

ACTIVITIES: tuple[dict[str, Value], ...] = (
    {"type": "user_message", "text": "t"},
    {"type": "assistant_prose_delta", "text": "d"},
    {"type": "assistant_prose_delta", "text": "d\n", "format": "plain"},
    {"type": "reasoning_delta", "text": "r"},
    {"type": "model_attempt_reset", "correlation_ids": ["c1", "c2"]},
    {"type": "tool_call_started", "name": "sh", "args": {"cmd": "ls", "n": [1]}, "call_id": "k1"},
    {
        "type": "tool_call_completed", "name": "sh", "args": {"cmd": "ls"}, "call_id": "k1",
        "duration_ms": 5, "output": {"outcome": {"status": "success", "value": "x"}},
    },
    {"type": "code_block_started", "language": "py", "code": "x=1", "graph_key": "g"},
    {
        "type": "code_block_completed", "output": "o", "error": None, "success": True,
        "duration_ms": 3, "tool_call_ids": ["k1"], "graph_key": "g",
    },
    {"type": "queued_work_started", "batch_ids": ["b1"]},
    {"type": "model_request_started", "protocol_iteration": 1},
    {"type": "submitted_value", "value": {"v": 1}},
    {"type": "tool_value", "tool_name": "sh", "value": [1]},
    {"type": "usage", "usage": {"input": 5}, "cumulative": {"input": 9}, "protocol_iteration": 1},
    {
        "type": "child_usage", "usage": {"input": 1}, "session_id": "c", "source": "s",
        "model": "m",
    },
    {"type": "retry_status", "wait_seconds": 1.5, "attempt": 1, "max_attempts": 3, "reason": "r"},
    {"type": "error", "message": "m"},
    {"type": "runtime_diagnostic", "kind": "plan", "data": {"a": 1}},
    {"type": "waiting", "what": "w"},
    {"type": "resumed", "what": "w"},
    {"type": "wonderful", "z": 1},
)  # fmt: skip

PAYLOADS: tuple[dict[str, Value], ...] = (
    {"type": "committed"},
    {
        "type": "queue_changed", "kind": "enqueued", "batch_ids": ["b1"],
        "batches": {"b1": {"text": "t", "delivery": "d"}},
    },
    {"type": "queue_changed", "kind": "delivered", "batch_ids": ["b1"]},
    {
        "type": "process_changed", "kind": "started", "process_ids": ["p"],
        "processes": {"p": {"label": "l", "tool_call_id": "k1"}},
    },
    {
        "type": "process_changed", "kind": "exited", "process_ids": ["p"],
        "processes": {"p": {"exit_code": 0, "output": "o"}},
    },
    {"type": "agent_frame_switched", "frame_id": "f"},
    {"type": "session_changed", "kind": "opened", "title": "T", "agent": "A", "directory": "/"},
    {"type": "session_changed", "kind": "ended", "outcome": "success", "exit_code": 0},
)  # fmt: skip
