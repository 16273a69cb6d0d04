"""A record as one line of JSON that is safe to print."""

from __future__ import annotations

import json
import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lashd.protocol.records import Record

# Characters that JSON allows unescaped but that control a terminal or end a line (see
# `lashtui.text.sanitize`). JSON has them only within strings, so escaping them is always valid.
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(record: Record) -> str:
    """One record as one line of valid JSON."""
    try:
        text = _encode(record)
    except ValueError:
        text = _encode(_without_nan(record))
    return _ESCAPED.sub(_escape, text) + "\n"


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=repr
).encode


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _without_nan(value: Any) -> Any:
    """`value` with null for NaN and infinities, which msgpack has and JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return value
