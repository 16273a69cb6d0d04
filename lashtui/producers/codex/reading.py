"""What a person reads of records that are no tool's work: messages, reviews, the unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.text import short
from lashtui.producers.codex.items import text_of
from lashtui.producers.fields import int_of, map_of, maps_of
from lashtui.text.media import media_of_url

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

MAX_READABLE = 4096
"""Characters of one field of a record that has no shape here."""
MAX_HEAD = 200
"""Characters before the data of a `data:` address."""
MAX_FINDINGS = 256
"""Findings of a review that are listed."""

_HIDDEN = frozenset({"type", "id", "instructions", "tools", "result", "metadata", "ordinal"})


def said_of(content: JsonValue) -> str:
    """A person's message: its texts, and placeholders for the images in it."""
    if not isinstance(content, list):
        return text_of(content)
    texts = "".join(map(text_of, content))
    return "\n".join(filter(None, (texts, *(image_of(block) for block in content))))


def image_of(block: JsonValue) -> str:
    """A placeholder for an image, with its name where it has one; empty for anything else."""
    if not isinstance(block, dict) or "image" not in str(block.get("type")).lower():
        return ""
    path = block.get("path") or block.get("file_id")
    if isinstance(path, str) and path:
        return f"[image {path}]"
    url = block.get("image_url")
    return image_of_url(url.get("url") if isinstance(url, dict) else url)


def image_of_url(url: JsonValue) -> str:
    """A placeholder for an image whose bytes stand in its address, with its type and size."""
    if isinstance(url, str) and url.startswith("data:") and ";base64," in url[:MAX_HEAD]:
        return media_of_url("image", url)
    return "[image]"


def review_of(event: Record) -> str:
    """A review as text: its explanation, and its findings as a list."""
    review = event.get("review_output")
    if not isinstance(review, dict):
        return text_of(event.get("review"))
    parts = [text_of(review.get("overall_explanation")).strip()]
    for finding in maps_of(review, "findings")[:MAX_FINDINGS]:
        place = map_of(finding, "code_location")
        lines = map_of(place, "line_range")
        where = text_of(place.get("absolute_file_path"))
        if where and int_of(lines, "start") is not None:
            where += f":{lines['start']}-{lines.get('end', lines['start'])}"
        title = " ".join(filter(None, (text_of(finding.get("title")), where and f"({where})")))
        parts.append(f"- {title}\n  {text_of(finding.get('body'))}".rstrip())
    return "\n\n".join(filter(None, parts))


def readable(record: Record) -> Record:
    """What a person can read of a record that has no shape here; nothing that may be encrypted."""
    found: dict[str, JsonValue] = {}
    for key, value in record.items():
        if key in _HIDDEN or key.startswith("encrypted") or key.endswith(("_id", "_ms", "Id")):
            continue
        if isinstance(value, str):
            if value and not value.startswith("data:"):
                found[key] = short(value, MAX_READABLE)
        elif isinstance(value, bool | int | float):
            found[key] = value
        elif key in ("content", "summary", "message") and text_of(value):
            found[key] = short(text_of(value), MAX_READABLE)
    return found
