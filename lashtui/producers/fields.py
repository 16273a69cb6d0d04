"""Parts of an agent's records, whatever a damaged one holds. Pure."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from lashd.exact import MAX_EXACT
from lashd.text import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashd.protocol.records import Record

MAX_FIRST = 80
"""Characters of a first prompt that name its session."""


def text_of(record: object, key: str) -> str:
    """The text under `key`; empty if there is none."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, str) else ""


def map_of(record: object, key: str) -> Record:
    """The map under `key`; empty if there is none."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, dict) else {}


def maps_of(record: object, key: str) -> list[Record]:
    """The maps in the list under `key`."""
    value = record.get(key) if isinstance(record, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def todo_items(args: object) -> list[tuple[str, str]] | None:
    """Text and status of each item of a call's `todos`; None where that is no plan."""
    if not isinstance(args, dict) or not isinstance(args.get("todos"), list):
        return None
    items = []
    for todo in maps_of(args, "todos"):
        words = (text_of(todo, key) for key in ("content", "description", "title", "text"))
        text = next(filter(None, words), "")
        status = text_of(todo, "status")
        if not text or not status:
            return None
        items.append((text, "completed" if status == "done" else status))
    return items


def int_of(record: object, key: str) -> int | None:
    """The whole number under `key`; one that no JSON reader holds exactly is none."""
    value = record.get(key) if isinstance(record, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -MAX_EXACT < value < MAX_EXACT else None


def used_by(counters: Mapping[str, int | float]) -> int | float:
    """What a request and its answer take of the model's context."""
    return counters.get("input_tokens", 0) + counters.get("output_tokens", 0)


def title_of(said: str) -> str:
    """What to call a session by what was said first in it."""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    return short(line, MAX_FIRST) or ""


def time_of(text: object) -> int | None:
    """Unix milliseconds of an ISO time or of a number of milliseconds; None for anything else."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text if 0 <= text < MAX_EXACT else None
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return milliseconds if 0 <= milliseconds < MAX_EXACT else None
