"""`--format auto`: which format an input has, by its first line that is not blank."""

from __future__ import annotations

import json

MAX_LOOK = 1024 * 1024
"""Bytes looked at before an input is taken for text: no event is larger."""


def detect(head: bytes, *, ended: bool = False) -> str | None:
    """`jsonl` or `text`; None while `head` is too short to tell (`ended`: nothing follows)."""
    start = len(head) - len(head.lstrip(b" \t\r\n"))
    if start == len(head):
        return "text" if ended or start > MAX_LOOK else None
    if head[start : start + 1] != b"{":
        return "text"
    end = head.find(b"\n", start)
    if end < 0:
        if not ended and len(head) <= MAX_LOOK:
            return None
        end = len(head)
    try:
        value = json.loads(head[start:end])
    except (ValueError, RecursionError):
        return "text"
    return "jsonl" if isinstance(value, dict) and isinstance(value.get("type"), str) else "text"
