"""What reading costs: in proportion to the input, whatever is in it. Counts, no seconds."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from lashd.events import payload_to_wire
from lashtui.producers import Producer
from tests.fuzz.readers import FOLDERS, recordings
from tests.tui.producers.goldens import PRODUCERS

LINES = 250
"""Of the shorter input; the longer one has four times as many."""
BIG = 300_000
"""Characters, or elements, of a value that is huge."""
ABOUT_A_LINE = 200 * 1024
"""Bytes that stay the same however long the line is: compiled patterns, tables, buffers."""


def calls_of(run: Callable[[], object]) -> int:
    """How many calls of any kind are made."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def lines_of(folder: str, count: int) -> bytes:
    """A recording, and again, until it has so many lines."""
    once = min(recordings(folder), key=len).rstrip(b"\n").split(b"\n")
    return b"".join(once[at % len(once)] + b"\n" for at in range(count))


def read(producer: Producer, data: bytes) -> int:
    """Feed all of it; the bytes that come of it."""
    produced = producer.feed(data) + producer.finish(None)
    return sum(len(json.dumps(payload_to_wire(each.payload))) for each in produced)


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_a_long_input_costs_as_much_a_line_as_a_short_one(folder: str) -> None:
    """The same ids come again and again: what is remembered of them is not walked through."""
    make = PRODUCERS[folder]
    read(make(), lines_of(folder, LINES))  # what is made once is there
    short = calls_of(lambda: read(make(), lines_of(folder, LINES)))
    long = calls_of(lambda: read(make(), lines_of(folder, 4 * LINES)))
    assert long < 5 * short


def huge(value: str) -> Any:
    """A value that is as large as its name says."""
    made: dict[str, Any] = {
        "text": "x" * BIG,
        "list": [0] * BIG,
        "map": {f"key {n}": n for n in range(BIG // 10)},
        "digits": int("9" * 4000),
        "lines": "a\r\x1b[31m\n" * (BIG // 8),
    }
    return made[value]


@pytest.mark.parametrize("value", ["text", "list", "map", "digits", "lines"])
@pytest.mark.parametrize("folder", FOLDERS.values())
def test_a_huge_value_costs_a_multiple_of_its_size(folder: str, value: str) -> None:
    """In each place of a record in turn: memory, and what is published of it."""
    make = PRODUCERS[folder]
    data = min(recordings(folder), key=len)
    records = [line for line in data.split(b"\n") if b'"' in line]
    places = _places(json.loads(_inner(records[len(records) // 2])[0]))
    for path in places[:: len(places) // 2 + 1]:
        line = _with(records[len(records) // 2], path, huge(value))
        other = b"\n".join(records[: len(records) // 2]) + b"\n"
        producer = make()
        producer.feed(other)
        tracemalloc.start()
        try:
            come = read(producer, line + b"\n")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 40 * len(line) + 10 * ABOUT_A_LINE
        assert come < 6 * len(line) + ABOUT_A_LINE


@pytest.mark.parametrize("folder", ["acp", "claude_transcript", "qwen_transcript"])
def test_ids_without_end_are_not_kept(folder: str) -> None:
    """Those that are remembered by the thousand: to know what comes twice, whose line it is."""
    line = next(line for line in lines_of(folder, 40).split(b"\n") if _id_of(line))
    path = _id_of(line)
    producer = PRODUCERS[folder]()
    tracemalloc.start()
    try:
        for n in range(20):
            producer.feed(_with(line, path, f"{n}" + "x" * BIG) + b"\n")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 6 * BIG


def _id_of(line: bytes) -> tuple[Any, ...]:
    """The way to an id in a line; empty if there is none."""
    if not line:
        return ()
    places = _places(json.loads(_inner(line)[0]))
    return next((each for each in places if each[-1] in ("uuid", "sessionId")), ())


def _inner(line: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """The record of a line, and the record around it where both sides were recorded."""
    line = line.removeprefix(b"data: ")
    record = json.loads(line)
    if isinstance(record.get("line"), str):
        return record["line"].encode(), record
    return line, None


def _places(value: Any) -> list[tuple[Any, ...]]:
    """The ways to all values within one."""
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [(key, *rest) for key, each in items for rest in [(), *_places(each)]]


def _with(line: bytes, path: tuple[Any, ...], value: Any) -> bytes:
    head = b"data: " if line.startswith(b"data: ") else b""
    inner, around = _inner(line)
    record = place = json.loads(inner)
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    text = json.dumps(record)
    return head + (text if around is None else json.dumps({**around, "line": text})).encode()
