"""Which format an input has, told from its first records; banners before them don't count."""

from __future__ import annotations

import json
from typing import Any, Final

from lashd.events import PAYLOADS, TURN_EVENTS
from lashd.protocol.records import CONTROL
from lashtui.producers.auto import signatures

MAX_LOOK = 1024 * 1024
"""Bytes looked at before an input is taken for text; a first record may hold whole instructions."""
MAX_RECORDS = 16
"""Records that tell nothing; every format here tells with one of its first three."""
MAX_BANNER = 8
"""Lines of plain text before the first record: what wrappers print. More is text."""

_NAMES: Final = {"codex-exec": "codex", "openai-responses": "openai-sse"}
"""Formats that one producer serves under another name."""

_JSONL: Final = CONTROL | PAYLOADS.keys() | (TURN_EVENTS.keys() - {"error"})
"""Types of `jsonl`. An `error` alone is in every format."""

_FRAMES: Final = (b"event:", b"id:", b"retry:", b":")
"""Lines of server-sent events that are no data."""


def detect(head: bytes, *, ended: bool = False, idle: bool = False) -> str | None:
    """The format's name; None while `head` is too short to tell.

    Besides those of `FORMATS` it may be one that is recognised and has no producer here.

    Args:
        head: the input from its beginning, also more than is needed.
        ended: nothing follows.
        idle: nothing came for a moment: plain text has then shown itself as such.
    """
    *lines, rest = head.split(b"\n")
    if ended or len(head) > MAX_LOOK:
        lines.append(rest)
        rest, ended = b"", True
    plain = records = 0
    is_jsonl = False
    for number, line in enumerate(lines):
        data = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 0 else line.strip()
        if data.startswith(b"data:"):
            data = data[5:].strip()
        if not data or data.startswith(_FRAMES) or data == b"[DONE]":
            continue
        record = _record(data)
        if record is None:
            plain += 1
            if plain >= MAX_BANNER:
                return "text"
            continue
        records += 1
        name = format_of(record)
        if name is not None:
            return name
        is_jsonl = is_jsonl or isinstance(record.get("type"), str)
        if records >= MAX_RECORDS:
            break
    else:
        if not ended:
            waits = not idle or records > 0
            is_text = plain > 0 or not _may_be_record(rest)
            return None if waits or not is_text else "text"
    return "jsonl" if is_jsonl else "text"


def format_of(record: dict[str, Any]) -> str | None:
    """The format that one record is of; None where it does not tell."""
    kind = record.get("type")
    if kind == "observation" and "read_view" in record and "protocol_version" not in record:
        return "jsonl"  # a record of `attach --format json`
    name = signatures.detect(record)
    if name is not None:
        return _NAMES.get(name, name)
    return "jsonl" if isinstance(kind, str) and kind in _JSONL else None


def _record(data: bytes) -> dict[str, Any] | None:
    if not data.startswith(b"{"):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _may_be_record(start: bytes) -> bool:
    """Whether an unfinished line may become a record, or a frame before one."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r")
    if not start or start.startswith(b"{"):
        return True
    return any(start.startswith(each) or each.startswith(start) for each in (b"data:", *_FRAMES))
