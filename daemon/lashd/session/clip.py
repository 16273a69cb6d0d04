"""Cutting what a producer sends to what a view may hold, with a mark where something is missing.

Of whatever is too long the middle goes: a log's last lines say why it failed.
"""

from __future__ import annotations

from operator import add

import msgspec

from lashd.session.cut import MARK_BYTES, cut_middle
from lashd.session.events import JsonValue
from lashd.short import SMALL, short

MAX_DEPTH = 32
"""Nesting that a view keeps; no person reads deeper."""
MIN_BUDGET = 2048
"""Bytes below which nothing is cut: states and names stay readable, and each mark has its place."""

_MARKS = 64
"""Bytes of a list or map beside what it holds: its head, and the mark of what is missing."""
_MIN_GROUP = 640
"""Bytes that a list or map gets at least: a block of text keeps something of its text."""
_TOO_DEEP = "… (nested too deep)"

_encode = msgspec.msgpack.Encoder().encode


def size_of_text(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def size_of_value(value: JsonValue) -> int:
    """Bytes of `value` on the wire, packed or not; 0 for None."""
    if value is None:
        return 0
    return len(memoryview(value)) if type(value) is msgspec.Raw else len(_encode(value))


def clip(value: JsonValue, budget: int) -> JsonValue:
    """`value` itself where it fits `budget` bytes (2048 at least); else a copy that does.

    Long strings lose their middle, each about as much as the others; long lists and maps lose items
    in their middle. Marks say how much is missing.
    """
    budget = max(budget, MIN_BUDGET)
    if value is None or size_of_value(value) <= budget:
        return value
    return _clip(value, budget, 0)


def pack(value: JsonValue, budget: int) -> JsonValue:
    """As `clip`, encoded: what is kept takes the memory that it counts. None stays None.

    A value may take a hundred times its size on the wire otherwise.
    """
    if value is None or type(value) is msgspec.Raw:
        return value
    data = _encode(value)
    if len(data) > max(budget, MIN_BUDGET):
        data = _encode(_clip(value, max(budget, MIN_BUDGET), 0))
    return msgspec.Raw(data)


def _clip(value: JsonValue, budget: int, depth: int) -> JsonValue:
    """A copy of `value`, which is larger than `budget`."""
    if isinstance(value, str):
        return cut_middle(value, budget - 5)  # at most five bytes before a string
    if not isinstance(value, dict | list):
        return value
    if depth >= MAX_DEPTH:
        return _TOO_DEEP
    if isinstance(value, list):
        sizes = [len(_encode(item)) for item in value]
        begin, end, shares = _shares(value, sizes, budget - _MARKS)
        kept = [
            item if size <= share else _clip(item, share, depth + 1)
            for item, size, share in _kept(value, sizes, begin, end, shares)
        ]
        if end > begin:
            kept.insert(begin, f"… {end - begin:,} more …")
        return kept
    keys = [short(key if isinstance(key, str) else str(key)) or "" for key in value]
    items = list(value.values())
    sizes = [len(_encode(item)) for item in items]
    key_sizes = [5 + size_of_text(key) for key in keys]
    begin, end, shares = _shares(items, sizes, budget - _MARKS, key_sizes)
    rows: list[tuple[str, JsonValue]] = [
        (key, item if size <= share else _clip(item, share, depth + 1))
        for key, (item, size, share) in zip(
            [*keys[:begin], *keys[end:]], _kept(items, sizes, begin, end, shares), strict=True
        )
    ]
    if end > begin:
        mark = "…"
        while mark in keys:
            mark += "…"
        rows.insert(begin, (mark, f"{end - begin:,} more"))
    return dict(rows)


def _kept(
    items: list[JsonValue], sizes: list[int], begin: int, end: int, shares: list[int]
) -> list[tuple[JsonValue, int, int]]:
    """Item, size and share of what is kept."""
    return list(
        zip(
            [*items[:begin], *items[end:]],
            [*sizes[:begin], *sizes[end:]],
            shares,
            strict=True,
        )
    )


def _shares(
    items: list[JsonValue], sizes: list[int], room: int, keys: list[int] | None = None
) -> tuple[int, int, list[int]]:
    """Which items go, `begin` to `end`, and the bytes that each of the others gets.

    Items are taken from both ends in turn while the least that they need fits; what is left is
    shared so that the small stay whole and the large get the same.
    """
    least = [
        size if size <= SMALL else min(size, _least(item))
        for item, size in zip(items, sizes, strict=True)
    ]
    needs = least if keys is None else list(map(add, least, keys))
    begin, end, left = 0, len(items), room
    while begin < end:
        at = begin if begin <= len(items) - end else end - 1
        if needs[at] > left:
            break
        left -= needs[at]
        if at == begin:
            begin += 1
        else:
            end -= 1
    kept = [*range(begin), *range(end, len(items))]
    lacking = sorted([sizes[at] - least[at] for at in kept])
    more = 0
    for number, lack in enumerate(lacking):
        more = left // (len(lacking) - number)
        if lack > more:
            break
        left -= lack
    return begin, end, [min(sizes[at], least[at] + more) for at in kept]


def _least(item: JsonValue) -> int:
    """Bytes that an item gets at least, if it is that large; one of `SMALL` bytes stays whole."""
    if isinstance(item, str):
        return 5 + MARK_BYTES + size_of_text(item[: SMALL // 2]) + size_of_text(item[-SMALL // 2 :])
    return _MIN_GROUP
