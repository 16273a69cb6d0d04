"""What a value may be: JSON's types, and nothing else that msgpack or a program could hand in.

The door (`checked_value`) refuses; our own clients replace before they send: what is not `is_plain`
goes through `lashd.session.jsonable`. Only infinities and what is no number are let in, as null: a
float that has no form in JSON says no more than that something is unknown.
"""

from __future__ import annotations

from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from lashd.errors import InvalidEvent
from lashd.session.events import JsonValue, Payload, TurnActivity
from lashd.wire_limits import MAX_EVENT_VALUES

MAX_DEPTH = 64
"""Lists and maps within each other; no person reads deeper, and each reader must walk them."""


_BESIDE = 64
"""Values of an event beside those that a program gives: ids, a time, the names of fields."""


def is_plain(
    value: object, size: int, *, values: int = MAX_EVENT_VALUES - _BESIDE, depth: int = MAX_DEPTH
) -> bool:
    """Whether `value` is made of JSON's types alone, within these bounds: characters of text,
    values, lists and maps within each other. It may be anything, and no more of it is looked at.
    """
    kind = type(value)
    if kind is str:
        return len(value) <= size  # type: ignore[arg-type]
    if value is None or kind is int or kind is bool:
        return True
    if kind is float:
        return isfinite(value)  # type: ignore[arg-type]
    if kind is not dict and kind is not list:
        return False
    try:
        return _Look(size, values).is_plain(value, depth)
    except RuntimeError:
        return False  # another thread changes it


class _Look:
    """One look at a value: what is left of its bounds."""

    __slots__ = ("_size", "_values")

    def __init__(self, size: int, values: int) -> None:
        self._size = size
        self._values = values

    def is_plain(self, value: Any, levels: int) -> bool:
        """All in a list or a map is plain."""
        items = value
        if type(value) is dict:
            items = value.values()
            self._values -= len(value)
        self._values -= len(value)
        if self._values < 0 or not levels:
            return False
        if items is not value:
            for key in value:
                if type(key) is not str:
                    return False
                self._size -= len(key)
        for item in items:
            kind = type(item)
            if kind is str:
                self._size -= len(item)
            elif kind is dict or kind is list:
                if not self.is_plain(item, levels - 1):
                    return False
            elif kind is float:
                if not isfinite(item):
                    return False
            elif item is not None and kind is not int and kind is not bool:
                return False
        return self._size >= 0


@cache
def checked_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a struct whose type alone does not say that their value is JSON's."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if not _is_plain(field.type))


def _is_plain(kind: Any) -> bool:
    """A type of which each value is JSON's: text, whole numbers, words of a fixed set."""
    if isinstance(kind, type) and not get_args(kind):
        return issubclass(kind, str | int | NoneType)
    origin, parts = get_origin(kind), get_args(kind)
    return origin is Literal or (origin in (Union, UnionType, list) and all(map(_is_plain, parts)))


def checked_value(value: JsonValue, levels: int = MAX_DEPTH) -> JsonValue:
    """`value`, which was decoded from msgpack; floats that JSON has no form for become None.

    Lists and maps are changed in place.

    Raises:
        InvalidEvent: a key that is no string, bytes, an extension, or too deep nesting.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return value if isfinite(value) else None
    if kind is dict:
        if not levels:
            raise too_deep()
        for key, item in value.items():
            if type(key) is not str:
                raise InvalidEvent(f"a map's key is {_what(key)}; only strings can be keys")
            if type(item) is not str:
                checked = checked_value(item, levels - 1)
                if checked is not item:
                    value[key] = checked
        return value
    if kind is list:
        if not levels:
            raise too_deep()
        for index, item in enumerate(value):
            if type(item) is not str:
                checked = checked_value(item, levels - 1)
                if checked is not item:
                    value[index] = checked
        return value
    raise InvalidEvent(f"a value is {_what(value)}; only JSON's types are allowed")


def check_fields(struct: msgspec.Struct, names: tuple[str, ...]) -> dict[str, JsonValue]:
    """Check the values of these fields; those that must become others, by field.

    Raises:
        InvalidEvent: as `checked_value`.
    """
    others = {}
    for name in names:
        value = getattr(struct, name)
        if value is not None:
            checked = checked_value(value)
            if checked is not value:
                others[name] = checked if name not in _NUMBERS else 0.0
    return others


_NUMBERS = ("wait_seconds",)
"""Fields that must hold a number: 0 where theirs is none."""


def checked_payload(payload: Payload) -> Payload:
    """The payload, its values checked as by `checked_value`.

    Raises:
        InvalidEvent: as `checked_value`.
    """
    activity = payload if isinstance(payload, TurnActivity) else None
    struct: msgspec.Struct = payload if activity is None else activity.event
    others = check_fields(struct, checked_fields(type(struct)))
    if not others:
        return payload
    changed: Any = msgspec.structs.replace(struct, **others)
    return changed if activity is None else msgspec.structs.replace(activity, event=changed)


def too_deep() -> InvalidEvent:
    """The error of a value that is nested too deep."""
    return InvalidEvent(f"nested deeper than {MAX_DEPTH} levels")


def _what(value: Any) -> str:
    kind = type(value).__name__
    names = {
        "bytes": "bytes",
        "Ext": "an extension type",
        "datetime": "a timestamp",
        "list": "a list",
        "tuple": "a list",
    }
    return names.get(kind) or f"the {kind} {str(value)[:20]}"
