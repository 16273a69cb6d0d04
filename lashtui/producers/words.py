"""What a person can read of a record whose kind nobody knows. Pure."""

from __future__ import annotations

from lashd.text import short

MAX_WORDS = 2000
"""Characters of an unknown record's words."""
_MAX_LOOKED_AT = 500
"""Values of an unknown record that are searched for words."""
_WORDS = frozenset(
    {
        *("text", "content", "message", "title", "description", "prompt", "question", "summary"),
        *("error", "reason", "output", "command", "label", "body", "thought", "answer", "result"),
    }
)
"""Keys under which records keep what is meant to be read."""


def readable(record: object) -> str:
    """The words in a record, whatever its kind: texts under keys that are named after words."""
    found: list[str] = []
    ahead: list[tuple[str, object]] = [("", record)]
    for _ in range(_MAX_LOOKED_AT):
        if not ahead:
            break
        key, value = ahead.pop()
        if isinstance(value, dict):
            ahead += [(str(each), inner) for each, inner in reversed(value.items())]
        elif isinstance(value, list):
            ahead += [(key, inner) for inner in reversed(value[:_MAX_LOOKED_AT])]
        elif isinstance(value, str) and key in _WORDS and value.strip() and value not in found:
            found.append(value.strip())
    return short("\n".join(found), MAX_WORDS) or ""
