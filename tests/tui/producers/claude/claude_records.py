"""Records as Claude's programs write them, to compose situations from that are not recorded."""

from __future__ import annotations

import itertools
import json
from typing import Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers import Produced, Producer
from tests.tui.producers.goldens import view_of

_ids = itertools.count(1)


def record(kind: str, **fields: Any) -> dict[str, Any]:
    """A record with what each one has."""
    return {"type": kind, "session_id": "s", "uuid": f"u{next(_ids)}", **fields}


def init(**fields: Any) -> dict[str, Any]:
    """The start of a turn."""
    return record("system", subtype="init", cwd="/work", **fields)


def system(subtype: str, **fields: Any) -> dict[str, Any]:
    """Any other system record."""
    return record("system", subtype=subtype, **fields)


def assistant(message_id: str, *blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Whole blocks."""
    message = {"id": message_id, "role": "assistant", "model": "m", "content": list(blocks)}
    return record("assistant", message=message, **fields)


def text(said: str) -> dict[str, Any]:
    """A block of prose."""
    return {"type": "text", "text": said}


def thinking(thought: str) -> dict[str, Any]:
    """A block of reasoning."""
    return {"type": "thinking", "thinking": thought}


def tool(call_id: str, name: str = "Bash", **args: Any) -> dict[str, Any]:
    """A call."""
    return {"type": "tool_use", "id": call_id, "name": name, "input": args}


def answer(call_id: str, content: Any = "ok", **fields: Any) -> dict[str, Any]:
    """The result of a call."""
    is_error = fields.pop("is_error", False)
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    message = {"role": "user", "content": [{**block, "is_error": is_error}]}
    return record("user", message=message, **fields)


def user(said: str, **fields: Any) -> dict[str, Any]:
    """What a person said, or the program in its name."""
    return record("user", message={"role": "user", "content": [text(said)]}, **fields)


def event(inner: dict[str, Any], message_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A frame of the model's stream."""
    named = {"api_message_id": message_id} if message_id else {}
    return record("stream_event", event=inner, **{"parent_tool_use_id": None, **named, **fields})


def begins(message_id: str) -> dict[str, Any]:
    """A streamed message begins."""
    return event({"type": "message_start", "message": {"id": message_id}})


def delta(index: int, said: str, kind: str = "text") -> dict[str, Any]:
    """More of a block."""
    inner = {"type": f"{kind}_delta", kind: said}
    return event({"type": "content_block_delta", "index": index, "delta": inner})


def stops(index: int) -> dict[str, Any]:
    """A block has ended."""
    return event({"type": "content_block_stop", "index": index})


def ends() -> dict[str, Any]:
    """The message has ended."""
    return event({"type": "message_stop"})


def result(said: str = "", **fields: Any) -> dict[str, Any]:
    """The end of a turn."""
    usage = {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 5}
    usual = {"subtype": "success", "is_error": False, "result": said, "usage": usage}
    return record("result", **{**usual, **fields})


def jsonl(*records: dict[str, Any]) -> bytes:
    """Lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def told(
    producer: Producer,
    *records: dict[str, Any],
    outcome: SessionOutcome | None = SessionOutcome.SUCCESS,
) -> list[Produced]:
    """What comes of these records; `outcome` None: the input goes on."""
    produced = producer.feed(jsonl(*records))
    return produced if outcome is None else produced + producer.finish(outcome)


def seen(
    producer: Producer,
    *records: dict[str, Any],
    outcome: SessionOutcome | None = SessionOutcome.SUCCESS,
) -> ReadView:
    """The view of these records, before the session's end."""
    return view_of(told(producer, *records, outcome=outcome), ended=False)


def rows(view: ReadView, *kinds: str) -> list[str]:
    """The texts of the rows of these kinds."""
    return [row.text or "" for row in view.entries if row.kind in kinds]
