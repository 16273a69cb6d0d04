"""What hostile clients may send is msgpack of every kind, and only of the kinds asked for."""

from __future__ import annotations

import math
import random
from typing import Any

import msgspec
import pytest

from lashd.session.codec import payload_from_wire
from lashd.session.view import view_from_wire
from lashd.testing.hostile import ACTIVITIES, PAYLOADS, Hostile, Kind, encode

decode = msgspec.msgpack.Decoder().decode


def drawn(*, leave_out: tuple[Kind, ...] = (), count: int = 2_500) -> list[Any]:
    """Events and views that a client could decode."""
    hostile = Hostile(random.Random(3), leave_out)
    values = []
    for _ in range(count):
        for data in (hostile.event(), hostile.view()):
            try:
                values.append(decode(data))
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
                pass
    return values


def leaves(value: Any) -> list[tuple[Any, int]]:
    """All keys and values, and how deep they are."""
    found: list[tuple[Any, int]] = []
    left = [(value, 0)]
    while left:
        part, depth = left.pop()
        found.append((part, depth))
        if isinstance(part, dict):
            left += [(inner, depth + 1) for item in part.items() for inner in item]
        elif isinstance(part, list | tuple):
            left += [(inner, depth + 1) for inner in part]
    return found


def keys(value: Any) -> list[Any]:
    return [key for part, _ in leaves(value) if isinstance(part, dict) for key in part]


SEEN = {
    Kind.ODD_KEYS: lambda value: any(not isinstance(key, str) for key in keys(value)),
    Kind.EXTENSIONS: lambda value: any(
        type(leaf).__name__ in ("Ext", "datetime") for leaf, _ in leaves(value)
    ),
    Kind.BINARY: lambda value: any(isinstance(leaf, bytes) for leaf, _ in leaves(value)),
    Kind.NAN: lambda value: any(
        isinstance(leaf, float) and not math.isfinite(leaf) for leaf, _ in leaves(value)
    ),
    Kind.DEEP: lambda value: any(depth > 70 for _, depth in leaves(value)),
    Kind.COMMIT_VIEWS: lambda value: isinstance(value, dict) and "read_view" in value,
}


@pytest.mark.parametrize("kind", list(SEEN))
def test_a_kind_is_there_unless_it_is_left_out(kind: Kind) -> None:
    """So that a run finds what it is asked for, and nothing that is known."""
    assert any(SEEN[kind](value) for value in drawn())
    assert not any(SEEN[kind](value) for value in drawn(leave_out=(kind,)))


def test_views_have_huge_integers_and_odd_counters_only_if_asked() -> None:
    """These are about views alone."""

    def views(*leave_out: Kind) -> list[Any]:
        return [view for view in drawn(leave_out=leave_out) if "entries" in view]

    def huge(view: Any) -> bool:
        return any(isinstance(leaf, int) and abs(leaf) > 2**53 for leaf, _ in leaves(view))

    def usual(view: Any) -> bool:
        return bool(view.get("usage") == {"total": {"input": 3}})

    assert any(map(huge, views()))
    assert not any(map(huge, views(Kind.HUGE_INTEGERS)))
    assert not all(map(usual, views()))
    assert all(map(usual, views(Kind.USAGE_COUNTERS)))


def test_what_is_not_changed_is_legal() -> None:
    """The honest part of what hostile clients send is taken by the daemon."""
    for event in (*ACTIVITIES, *PAYLOADS):
        payload_from_wire(event)
    hostile = Hostile(random.Random(1))
    legal = 0
    for _ in range(200):
        try:
            view_from_wire(decode(hostile.view()))
            legal += 1
        except Exception:
            pass
    assert legal > 50


def test_a_flood_is_one_small_event_of_many_values() -> None:
    """Its bytes are within the bound of an event."""
    event = Hostile(random.Random(1)).flood()

    assert len(event) <= 2**20
    assert len(decode(event)["args"]) >= 65_000


def test_a_change_leaves_the_original_alone() -> None:
    """What is drawn again later is what it was."""
    hostile, tree = Hostile(random.Random(1)), {"a": [{"b": 1}, 2], "c": {}}
    before = encode(tree)
    changed = [hostile.changed(tree) for _ in range(100)]

    assert encode(tree) == before
    assert any(one != tree for one in changed)
    assert any(hostile.changed_bytes(before) != before for _ in range(10))
    assert hostile.changed_bytes(b"") == b""
