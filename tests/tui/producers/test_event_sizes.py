"""However large a value in a record is, each event fits what a daemon takes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lashd.events import SessionOutcome, payload_to_wire
from lashd.wire_limits import MAX_EVENT_BYTES
from tests.tui.producers.goldens import Case, cases, name_of

HUGE = "日" * 700_000
"""2 MiB of UTF-8: characters are not bytes."""

CASES = [
    case
    for case in cases()
    if case.name in ("tool", "claude_tool", "approval", "gpt55_cx_patch", "mcp", "http400")
]


def grown(value: Any) -> Iterator[Any]:
    """The value, with one text in it made huge; once for each text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: each} for each in grown(item))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from ([*value[:place], each, *value[place + 1 :]] for each in grown(item))
    elif isinstance(value, str):
        yield HUGE


def grow(line: bytes, chance: random.Random) -> bytes:
    """One line of a recording with a huge text somewhere."""
    start = b"data: " if line.startswith(b"data: ") else b""
    record = json.loads(line.removeprefix(start))
    if "dir" in record:
        inner = chance.choice(list(grown(json.loads(record["line"]))))
        return json.dumps({**record, "line": json.dumps(inner, ensure_ascii=False)}).encode()
    return start + json.dumps(chance.choice(list(grown(record))), ensure_ascii=False).encode()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_huge_values_are_cut(case: Case) -> None:
    """In any place that holds a text."""
    chance = random.Random(case.name)
    lines = case.data.rstrip(b"\n").split(b"\n")
    told = [place for place, line in enumerate(lines) if b"{" in line]
    for place in chance.sample(told, min(6, len(told))):
        producer = case.make()
        data = b"\n".join([*lines[:place], grow(lines[place], chance), *lines[place + 1 :], b""])
        for each in producer.feed(data) + producer.finish(SessionOutcome.SUCCESS):
            size = len(msgspec.msgpack.encode(payload_to_wire(each.payload)))
            assert size < MAX_EVENT_BYTES
