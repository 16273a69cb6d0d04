"""Cutting what a producer sends to what a view may hold, with a mark where something is missing."""

from __future__ import annotations

import msgspec

from lashd.session.events import JsonValue
from lashd.short import SMALL, short

MAX_ITEMS = 64
"""Items of a list or map that are kept once the budget is spent."""
MAX_DEPTH = 32
"""Nesting that a view keeps; no person reads deeper."""

_encode = msgspec.msgpack.Encoder().encode


def size_of_text(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def size_of_value(value: JsonValue) -> int:
    """Bytes of `value` on the wire; 0 for None."""
    return 0 if value is None else len(_encode(value))


def clip(value: JsonValue, budget: int) -> JsonValue:
    """`value` itself where it fits `budget` bytes; else a copy whose long strings are cut.

    Each cut string ends with a mark that says how many characters are missing.
    """
    if value is None or size_of_value(value) <= budget:
        return value
    return _clip(value, [budget], 0)


def _clip(value: JsonValue, left: list[int], depth: int) -> JsonValue:
    if isinstance(value, str):
        # A short string is kept even when the budget is spent: states and names stay readable.
        keep = max(SMALL, left[0])
        left[0] -= min(len(value), keep)
        if len(value) <= keep:
            return value
        return f"{value[:keep]}… ({len(value) - keep} characters cut)"
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        return "… (nested too deep)"
    if isinstance(value, dict):
        kept: dict[str, JsonValue] = {}
        for key, item in value.items():
            if left[0] <= 0 and len(kept) >= MAX_ITEMS:
                kept["…"] = f"{len(value) - len(kept)} more"
                break
            kept[short(key) or ""] = _clip(item, left, depth + 1)
        return kept
    if isinstance(value, list):
        items: list[JsonValue] = []
        for item in value:
            if left[0] <= 0 and len(items) >= MAX_ITEMS:
                items.append(f"… {len(value) - len(items)} more")
                break
            items.append(_clip(item, left, depth + 1))
        return items
    left[0] -= 8
    return value
