"""Formats are recognised by what their records hold."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from lashtui.producers.auto.signatures import format_of_record
from tests.tui.producers.goldens import CAPTURES, Case, cases, name_of

FIRST = {
    "claude": "claude",
    "claude_transcript": "claude-transcript",
    "cline": "cline",
    "codex_exec": "codex-exec",
    "copilot": "copilot",
    "codex_rollout": "codex-rollout",
    "gemini": "gemini",
    "kimi": "kimi",
    "kimi_wire": "kimi-wire",
    "opencode": "opencode",
    "pi": "pi",
    "pi_transcript": "pi-transcript",
    "qwen": "qwen",
    "vibe": "vibe",
    "qwen_transcript": "qwen-transcript",
}
"""What the first record that tells anything must tell, by folder."""


def recorded() -> list[Case]:
    """Recordings of formats that are records, line by line."""
    present = [agent for agent in FIRST if (CAPTURES / agent).is_dir()]
    return [case for case in cases(*present) if case.data]


@pytest.mark.parametrize("case", recorded(), ids=name_of)
def test_recordings_are_recognised_whatever_the_order_of_keys(case: Case) -> None:
    """A record tells this format or none (qwen's are Claude's where they are alike)."""
    chance = random.Random(1)
    names = []
    for record in case.records():
        keys = list(record)
        chance.shuffle(keys)
        names.append(format_of_record({key: record[key] for key in keys}))
    told = [each for each in names if each is not None]
    assert told[0] == FIRST[case.agent]
    assert set(told) <= {FIRST[case.agent], *(["claude"] if case.agent == "qwen" else [])}


RPC = {"jsonrpc": "2.0", "id": 1}


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"type": "observation", "event": {"type": "committed"}}, "lash"),
        ({"protocol_version": 5, "cursor": "c", "type": "committed"}, "lash"),
        ({"type": "replay_cursor", "cursor": "c"}, "lash"),
        ({**RPC, "method": "initialize", "params": {"protocolVersion": 1}}, "acp"),
        ({**RPC, "method": "session/prompt", "params": {}}, "acp"),
        ({"jsonrpc": "2.0", "method": "session/update", "params": {}}, "acp"),
        ({**RPC, "result": {"stopReason": "end_turn"}}, "acp"),
        ({**RPC, "method": "tools/list"}, None),
        ({"id": 1, "method": "initialize", "params": {"clientInfo": {}}}, "codex-appserver"),
        ({"method": "item/started", "params": {}}, "codex-appserver"),
        ({"type": "thread.started", "thread_id": "t"}, "codex-exec"),
        ({"type": "item.completed", "item": {}}, "codex-exec"),
        ({"type": "session_meta", "payload": {}, "timestamp": "t"}, "codex-rollout"),
        ({"type": "step_start", "sessionID": "s", "part": {}}, "opencode"),
        ({"type": "server.connected", "properties": {}}, "opencode-sse"),
        ({"type": "init", "timestamp": "t", "session_id": "s", "model": "m"}, "gemini"),
        ({"type": "result", "timestamp": "t", "status": "success", "stats": {}}, "gemini"),
        ({"duration_api_ms": 1, "session_id": "s", "type": "result", "subtype": "x"}, "claude"),
        ({"type": "stream_event", "event": {}, "session_id": "s"}, "claude"),
        ({"type": "system", "subtype": "init", "session_id": "s", "permission_mode": "x"}, "qwen"),
        ({"type": "user", "sessionId": "s", "parentUuid": None}, "claude-transcript"),
        ({"type": "summary", "summary": "x", "leafUuid": "u"}, "claude-transcript"),
        ({"id": "5", "timestamp": "2025-07-01", "instructions": None}, "codex-rollout"),
        ({"record_type": "state"}, "codex-rollout"),
        (
            {"type": "user", "parentUuid": None, "sessionId": "s", "provenance": "x"},
            "qwen-transcript",
        ),
        (
            {"type": "user", "parentUuid": None, "sessionId": "s", "message": {"parts": []}},
            "qwen-transcript",
        ),
        ({"type": "system", "subtype": "session_start", "session_id": "s", "data": {}}, "qwen"),
        (
            {
                "type": "system",
                "subtype": "init",
                "session_id": "s",
                "permissionMode": "default",
                "model": "Auto",
            },
            "cursor",
        ),
        ({"type": "tool_call", "session_id": "s", "call_id": "c", "tool_call": {}}, "cursor"),
        (
            {"type": "session.tools_updated", "data": {}, "timestamp": "t", "parentId": "p"},
            "copilot",
        ),
        ({"type": "agent_event", "ts": "t", "event": {}}, "cline"),
        ({"type": "system.version", "role": "meta", "version": "2"}, "kimi"),
        ({"type": "message", "turnId": "t", "generationStatus": "completed"}, "vibe"),
        ({"kind": "MessageEvent", "source": "user"}, "openhands"),
        ({"type": "session", "version": 3, "id": "x"}, None),
        ({"id": "c", "object": "chat.completion.chunk", "choices": []}, "openai-sse"),
        ({"type": "response.created", "response": {}}, "openai-responses"),
        ({"type": "message_start", "message": {}}, "anthropic-sse"),
        ({"type": "error", "message": "x"}, None),
        ({"type": "assistant_prose_delta", "text": "x"}, None),
        ({}, None),
    ],
)
def test_single_records(record: dict[str, Any], name: str | None) -> None:
    """One record of each format; what is in several formats is no proof of any."""
    assert format_of_record(record) == name
    assert format_of_record(dict(reversed(list(record.items())))) == name


def test_anything_can_be_looked_at() -> None:
    """Values of other types than expected are no reason to fail."""
    chance = random.Random(2)
    values: tuple[Any, ...] = (None, 1, "x", [], {}, [1], {"type": []}, True)
    keys = ("type", "jsonrpc", "method", "params", "result", "event", "choices", "session_id")
    for _ in range(2000):
        format_of_record({key: chance.choice(values) for key in chance.sample(keys, 4)})
    assert format_of_record(json.loads('{"type": {"a": 1}}')) is None
    for key in ("type", "kind", "object", "jsonrpc", "record_type", "role", "event"):
        for value in values:
            assert format_of_record({key: value, "source": "x"}) is None
