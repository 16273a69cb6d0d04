"""Any Python value as one that an event carries: bounded, and made of JSON's types alone.

What a program hands to a publisher may be anything: cyclic, endless, lying about its type, raising
when it is looked at. Whatever has no JSON form becomes its `repr`, cut.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import islice
from typing import Any

import msgspec

from lashd.session.clip import MAX_DEPTH, size_of_text
from lashd.session.cut import cut_middle
from lashd.session.events import JsonValue
from lashd.session.json_values import is_plain

MAX_ITEMS = 10_000
"""Items of one value, nested ones included: bounds the time that a publisher's caller spends."""
MAX_REPR = 2000
"""Characters of a repr: it is there to recognise a thing, not to hold it."""
MAX_KEY = 256
"""Characters of a map's key."""
MIN_TEXT = 64
"""Characters of a string that are kept even when the budget is spent: names stay readable."""
LONG = 1000
"""Characters from which on the middle of a text is cut, not its end."""

MAX_FLAT = 100
"""Scalars of a list that is printed as Python does."""

_CONTAINERS = (Mapping, Sequence, AbstractSet)
_SCALARS = (str, int, float, bool, type(None))
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_TEXTUAL = (datetime.datetime, datetime.date, datetime.time, uuid.UUID)


def jsonable(value: object, budget: int) -> JsonValue:
    """`value` in JSON's types and in at most about `budget` bytes; cuts are marked. Never raises.

    Mappings, sequences, sets, dataclasses and models keep their form, enums are their value,
    exceptions are `Type: message`, bytes are text, floats that are no number are None.
    """
    copy = _plain_copy(value, budget)
    if copy is not None:
        return copy
    try:
        return _Walk(budget).convert(value, 0)
    except Exception:
        return _name(value)


def _plain_copy(value: object, budget: int) -> JsonValue:
    """A copy of a list or map that can stay as it is, as most can; None of anything else."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return None
    if not is_plain(value, budget, values=MAX_ITEMS, depth=MAX_DEPTH):
        return None
    try:
        data = _encode(value)
    except (ValueError, OverflowError, RecursionError, TypeError):
        return None
    return _decode(data) if len(data) <= budget else None


def plain_text(value: object, limit: int) -> str:
    """`value` as text of at most `limit` characters, cut with a mark. Never raises."""
    try:
        if isinstance(value, BaseException):
            text = describe(value)
        elif isinstance(value, bytes | bytearray):
            text = bytes(value[: limit * 4 + 1]).decode("utf-8", "replace")
        elif isinstance(value, _CONTAINERS) and not isinstance(value, str) and not _is_flat(value):
            # What shares or holds many others can have a `str` of any length.
            text = str(jsonable(value, limit))
        else:
            text = str.__str__(value) if isinstance(value, str) else str.__str__(str(value))
    except Exception:
        text = _name(value)
    return _carried(text if len(text) <= limit else _cut(text, limit))


def _is_flat(value: Any) -> bool:
    """It holds few values, and none that hold others."""
    if len(value) > MAX_FLAT:
        return False
    items = [*value, *value.values()] if isinstance(value, Mapping) else list(value)
    return all(type(item) in _SCALARS for item in items)


def describe(error: BaseException) -> str:
    """An exception in one line: its type, and its message where it has one. Never raises."""
    name = type(error).__name__
    try:
        message = str.__str__(str(error)).strip()
    except Exception:
        message = ""
    return f"{name}: {message}" if message else name


class _Walk:
    """One conversion: what is left of its bounds."""

    def __init__(self, budget: int) -> None:
        self._left = budget
        self._items = MAX_ITEMS

    def convert(self, value: object, depth: int) -> JsonValue:
        """One value; what can't be looked at is named by its type."""
        try:
            return self._convert(value, depth)
        except Exception:
            return self._text(_name(value))

    def _convert(self, value: object, depth: int) -> JsonValue:
        self._left -= 2
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Enum):
            return self.convert(value.value, depth + 1) if depth < MAX_DEPTH else self._repr(value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int):
            return self._int(int.__index__(value))
        if isinstance(value, float):
            self._left -= 7
            number = float.__float__(value)
            return number if math.isfinite(number) else None
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(memoryview(value))
        if isinstance(value, BaseException):
            return self._text(describe(value))
        if isinstance(value, _TEXTUAL):
            return self._text(str(value))
        if hasattr(type(value), "__fspath__"):
            return self._text(str(value))
        if depth >= MAX_DEPTH:
            return "… (nested too deep)"
        if isinstance(value, Mapping):
            return self._map(value.items(), len(value), depth)
        if isinstance(value, Sequence | AbstractSet):
            return self._list(value, depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [(field.name, getattr(value, field.name)) for field in _fields(value)]
            return self._map(fields, len(fields), depth)
        if not isinstance(value, type) and hasattr(type(value), "model_dump"):
            return self._dumped(value, depth)
        return self._plain_number(value)

    def _dumped(self, value: Any, depth: int) -> JsonValue:
        """A model of Pydantic's making, as SDKs and tools hand them out."""
        try:
            fields = value.model_dump()
        except Exception:
            return self._repr(value)
        return self.convert(fields, depth + 1)

    def _map(self, pairs: Any, size: int, depth: int) -> JsonValue:
        kept: dict[str, JsonValue] = {}
        for key, item in pairs:
            if not self._room():
                kept["…"] = f"{max(size - len(kept), 1)} more"
                break
            name = plain_text(key, MAX_KEY)
            self._left -= size_of_text(name)
            kept[name] = self.convert(item, depth + 1)
        return kept

    def _list(self, values: Sequence[object] | AbstractSet[object], depth: int) -> JsonValue:
        kept: list[JsonValue] = []
        # One more than there is room for, in case the length lies.
        for item in islice(values, MAX_ITEMS + 1):
            if not self._room():
                kept.append(f"… {max(len(values) - len(kept), 1)} more")
                break
            kept.append(self.convert(item, depth + 1))
        return kept

    def _room(self) -> bool:
        self._items -= 1
        return self._items >= 0 and self._left > 0

    def _text(self, text: str) -> str:
        keep = max(MIN_TEXT, self._left)
        if len(text) > keep or size_of_text(text) > keep:
            text = _cut(text, keep)
            self._left -= keep
        else:
            self._left -= size_of_text(text)
        return _carried(text)

    def _bytes(self, value: memoryview) -> str:
        # Both ends of what may be a gigabyte.
        value, half = value.cast("B"), max(MIN_TEXT, self._left // 2)
        if len(value) <= 2 * half:
            return self._text(bytes(value).decode("utf-8", "replace"))
        ends = (bytes(value[:half]), bytes(value[len(value) - half :]))
        head, tail = (self._text(end.decode("utf-8", "replace")) for end in ends)
        return f"{head}\n… {len(value) - 2 * half:,} bytes cut …\n{tail}"

    def _int(self, number: int) -> JsonValue:
        self._left -= 7
        if -(2**63) <= number < 2**64:
            return number
        if number.bit_length() > 4096:  # Python refuses to print the longest ones
            return f"<an integer of {number.bit_length()} bits>"
        return self._text(str(number))

    def _plain_number(self, value: Any) -> JsonValue:
        """A number of a library's own type, else a repr."""
        if not isinstance(value, type):
            for name, make in (("__index__", int), ("__float__", float)):
                if hasattr(type(value), name):
                    try:
                        return self._convert(make(value), 0)
                    except Exception:
                        break  # an array of many numbers has these as well
        return self._repr(value)

    def _repr(self, value: object) -> str:
        text = repr(value)
        return self._text(text if len(text) <= MAX_REPR else f"{text[:MAX_REPR]}…")


def _carried(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 has no form for."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cut(text: str, limit: int) -> str:
    """`text`, which is longer, in `limit` characters or bytes: a log's both ends, a name's head."""
    if limit >= LONG:
        return cut_middle(text, limit)
    # A character is at most four bytes.
    head = text[:limit] if text.isascii() else text[: max(MIN_TEXT, limit // 4)]
    return f"{head}… ({len(text) - len(head):,} characters cut)"


def _fields(value: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(value)


def _name(value: object) -> str:
    """What a value is, when it can't even be printed."""
    return f"<{type(value).__name__}>"
