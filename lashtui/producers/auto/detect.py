"""The format of an input, by its first records; banners before them don't count."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from lashd.events import PAYLOADS, TURN_EVENTS
from lashd.protocol.records import CONTROL
from lashtui.producers.auto.signatures import format_of_record, may_be_pi

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_LOOK = 1024 * 1024
"""Bytes examined before an input counts as text; a first record may hold whole instructions."""
MAX_RECORDS = 16
"""Inconclusive records; every format here is clear from one of its first three."""
MAX_BANNER = 8
"""Lines of plain text before the first record, as wrappers print them. More is text."""

_NAMES: Final = {"codex-exec": "codex", "openai-responses": "openai-sse"}
"""Formats whose producer has another name."""

_JSONL: Final = CONTROL | PAYLOADS.keys() | (TURN_EVENTS.keys() - {"error"})
"""Types of `jsonl`; a bare `error` is in every format."""

MAX_KEYS = 4096
"""Bytes within which a document shows its first keys."""

_GEMINI: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*"sessionId"\s*:\s*"[^"]*"\s*,\s*"projectHash"\s*:\s*"'
)
"""A session of gemini-cli that is one JSON document, which no line of it shows."""

_FRAMES: Final = (b"event:", b"id:", b"retry:", b":")
"""Lines of server-sent events that carry no data."""


def detect_format(head: bytes, *, ended: bool = False, idle: bool = False) -> str | None:
    """The format's name; None while `head` is too short to say.

    It may also be a format that is recognised but has no producer, so not one of `FORMATS`.

    Args:
        head: the input from its beginning; may be longer than needed.
        ended: nothing follows.
        idle: nothing came for a moment, which decides for plain text.
    """
    if _GEMINI.match(head, 0, MAX_KEYS):
        return "gemini-transcript"
    *lines, rest = head.split(b"\n")
    if ended or len(head) > MAX_LOOK:
        lines.append(rest)
        rest, ended = b"", True
    plain = records = 0
    is_jsonl = is_pi = False
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
        name = _format_of(record)
        if name is not None:
            return name
        is_pi = is_pi or may_be_pi(record)
        is_jsonl = is_jsonl or isinstance(record.get("type"), str)
        if records >= MAX_RECORDS:
            break
    else:
        if not ended:
            must_wait = not idle or records > 0
            is_text = plain > 0 or not _may_be_record(rest)
            return None if must_wait or not is_text else "text"
    if is_pi:
        return "pi"
    return "jsonl" if is_jsonl else "text"


def _format_of(record: Record) -> str | None:
    """The format's name for `--format`; None if this record doesn't say."""
    kind = record.get("type")
    if kind == "observation" and "read_view" in record and "protocol_version" not in record:
        return "jsonl"  # a record of `attach --format json`
    name = format_of_record(record)
    if name is not None:
        return _NAMES.get(name, name)
    return "jsonl" if isinstance(kind, str) and kind in _JSONL else None


def _record(data: bytes) -> Record | None:
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
