"""`python -m benchmarks.producers`: small deltas a second that each producer translates.

A recording is fed up to its first delta, then that line again and again, in reads of 64 KiB. The
peer, in the same run, is what no producer could be faster than: decoding the same lines as JSON.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lashtui.producers import make_producer

DATA = Path(__file__).parents[1] / "tests" / "data" / "captures"
LINES = 50_000
TIMES = 3
READ_BYTES = 64 * 1024

RECORDED = {
    "claude": ("claude/simple_partial.stdout.jsonl", "text_delta"),
    "gemini": ("gemini/simple.stdout.jsonl", '"delta":true'),
    "acp": ("acp/gemini_tool.both.jsonl", "agent_message_chunk"),
    "codex-appserver": ("codex_appserver/cx_patch.both.jsonl", "item/agentMessage/delta"),
    "opencode-sse": ("opencode_sse/tool.sse.txt", "message.part.delta"),
}
"""A recording of each format that has deltas, and what its delta lines hold."""

_ID = re.compile(rb'"(?:uuid|id)":"([^"]{16,})"')

_CHUNK = """data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,\
"delta":{"content":"the next few words"}}]}

"""
_RESPONSE = """data: {"type":"response.created","response":{"id":"r1"}}

"""
_OUTPUT_TEXT = """data: {"type":"response.output_text.delta","item_id":"m1","output_index":0,\
"content_index":0,"delta":"the next few words"}

"""
_MESSAGE = """data: {"type":"message_start","message":{"id":"m1"}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}

"""
_TEXT_DELTA = """data: {"type":"content_block_delta","index":0,\
"delta":{"type":"text_delta","text":"the next few words"}}

"""

WRITTEN = {
    "jsonl": ("", '{"type": "assistant_prose_delta", "text": "the next few words"}\n'),
    "openai-sse": ("", _CHUNK),
    "openai-sse (Responses)": (_RESPONSE, _OUTPUT_TEXT),
    "anthropic-sse": (_MESSAGE, _TEXT_DELTA),
}
"""Formats without a recording here: what comes before the first delta, and a delta."""


def main() -> None:
    """Measure and print the table."""
    print("| format | deltas a second | JSON decoding alone |\n|---|---|---|")
    for name, (head, delta) in samples():
        print(f"| {name} | {_translating(name, head, delta):,.0f} | {_decoding(delta):,.0f} |")


def samples() -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    """Each format with what comes before the first delta, and that delta."""
    for name, (file, mark) in RECORDED.items():
        yield name, _split(DATA / file, mark)
    for name, (head, line) in WRITTEN.items():
        yield name, (head.encode(), line.encode())


def _split(path: Path, mark: str) -> tuple[bytes, bytes]:
    lines = path.read_text().splitlines(keepends=True)
    if path.name.endswith(".both.jsonl"):
        records = [json.loads(line) for line in lines]
        lines = [each["line"].rstrip("\n") + "\n" for each in records if _from_agent(each)]
    end = "\n" if path.suffix == ".txt" else ""
    for number, line in enumerate(lines):
        if mark in line:
            return "".join(lines[:number]).encode(), (line + end).encode()
    raise SystemExit(f"{path} has no delta")


def _from_agent(record: dict[str, str]) -> bool:
    """Of a pipe recorded in both directions, the agent's side."""
    return record["dir"] == "agent->client"


def _many(delta: bytes) -> bytes:
    """The delta LINES times, each with an id of its own: what repeats an id is told once."""
    found = _ID.search(delta)
    if found is None:
        return delta * LINES
    before, after = delta[: found.start(1)], delta[found.end(1) :]
    return b"".join(b"%s%036d%s" % (before, number, after) for number in range(LINES))


def _translating(name: str, head: bytes, delta: bytes) -> float:
    data = _many(delta)
    best = float("inf")
    for _ in range(TIMES):
        producer = make_producer(name.partition(" ")[0])
        producer.feed(head)
        begun, count = time.process_time(), 0
        for start in range(0, len(data), READ_BYTES):
            count += len(producer.feed(data[start : start + READ_BYTES]))
        count += len(producer.flush())
        best = min(best, time.process_time() - begun)
        if count < LINES:
            raise SystemExit(f"{name}: {count} events of {LINES} deltas")
    return LINES / best


def _decoding(delta: bytes) -> float:
    line = delta.strip().removeprefix(b"data:").strip()
    decode = msgspec.json.Decoder().decode
    begun = time.process_time()
    for _ in range(LINES):
        decode(line)
    return LINES / (time.process_time() - begun)


if __name__ == "__main__":
    main()
