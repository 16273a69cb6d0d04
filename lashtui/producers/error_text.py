"""Error messages for people: providers pass on JSON as text, agents wrap it in a sentence."""

from __future__ import annotations

import msgspec

MAX_PARSED = 64 * 1024
"""Characters; a longer message is shown unchanged."""


def plain_message(text: str) -> str:
    """The message inside `{"error": {"message": ...}}`; any other text unchanged."""
    start = text.find("{")
    if start < 0 or len(text) > MAX_PARSED:
        return text
    end = text.rfind("}") + 1
    try:
        value = msgspec.json.decode(text[start:end])
    except (ValueError, RecursionError):
        return text
    for _ in range(3):
        if not isinstance(value, dict):
            break
        value = value.get("error", value.get("message"))
    if not isinstance(value, str) or not value:
        return text
    return f"{text[:start]}{value}{text[end:]}"
