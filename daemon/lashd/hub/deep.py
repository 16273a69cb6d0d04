"""Appends with an event so deep that no decoder goes through it: split by their bytes alone.

The event is refused by its number then, as any other that is nested too deep, and the rest lands.
"""

from __future__ import annotations

import msgspec

from lashd.errors import InvalidEvent
from lashd.protocol.messages import Append
from lashd.session.value_count import ValueCounter
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_VIEW_VALUES

_MAX_KEYS = 16
"""Keys of a message that is looked at: an append has four."""

_decode = msgspec.msgpack.Decoder().decode


def split_append(body: bytes) -> Append | None:
    """The append in one frame's body; None if it is none."""
    try:
        fields = _fields(memoryview(body))
        if fields is None or _decode(fields.get("type", b"\xc0")) != "append":
            return None
        first, events = _decode(fields["first"]), _elements(fields["events"])
    except (InvalidEvent, msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return None
    if type(first) is not int or events is None:
        return None
    return Append(first, events, msgspec.Raw(bytes(fields.get("view", b""))))


def _fields(data: memoryview) -> dict[str, memoryview] | None:
    """The values of a map's keys, undecoded."""
    count, at = _head(data, fixed=0x80, wide=0xDE)
    if count is None or count > _MAX_KEYS:
        return None
    fields = {}
    for _ in range(count):
        end = at + _size(data[at:])
        stop = end + _size(data[end:])
        key = _decode(data[at:end])
        if isinstance(key, str):
            fields[key] = data[end:stop]
        at = stop
    return fields


def _elements(data: memoryview) -> list[msgspec.Raw] | None:
    """The elements of a list, undecoded."""
    count, at = _head(data, fixed=0x90, wide=0xDC)
    if count is None or count > MAX_BATCH_EVENTS:
        return None
    elements = []
    for _ in range(count):
        end = at + _size(data[at:])
        elements.append(msgspec.Raw(bytes(data[at:end])))
        at = end
    return elements


def _head(data: memoryview, *, fixed: int, wide: int) -> tuple[int | None, int]:
    """How many items a map or list has, and where they begin; None where it is no such."""
    first = data[0] if data else 0
    if first & 0xF0 == fixed:
        return first & 0x0F, 1
    if first not in (wide, wide + 1):
        return None, 0
    width = 2 if first == wide else 4
    return int.from_bytes(data[1 : 1 + width]), 1 + width


def _size(data: memoryview) -> int:
    """Bytes of the value that `data` begins with.

    Raises:
        InvalidEvent: it is cut short, or has more values than any message may.
    """
    counter = ValueCounter(data, MAX_VIEW_VALUES)
    counter.step(MAX_VIEW_VALUES)
    if counter.size > len(data):
        raise InvalidEvent("a message that is cut short")
    return counter.size
