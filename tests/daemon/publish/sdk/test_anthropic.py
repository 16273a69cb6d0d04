"""Anthropic's Messages."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.publish.sdk.anthropic import MessageEvents
from tests.daemon.publish.sdk.recording_sink import RecordingSink, translate
from tests.daemon.publish.sdk.sdk_objects import (
    ANTHROPIC,
    ANTHROPIC_WHOLE,
    as_objects,
    block_delta,
    block_event,
)

USAGE = {"input_tokens": 100, "output_tokens": 20, "cached_input_tokens": 64}


@pytest.mark.parametrize("shape", [list, as_objects])
def test_a_stream_reports_all_of_it_once(shape: Any) -> None:
    """Though the SDK's events repeat what the deltas say."""
    sink = translate(MessageEvents, shape(ANTHROPIC))

    assert sink.texts == {"0": "look first", "1": "I will look."}
    assert sink.reported == [("call", "call_a", "ls", {"path": "."}), ("usage", USAGE)]


@pytest.mark.parametrize("shape", [list, as_objects])
def test_a_whole_message_reports_the_same(shape: Any) -> None:
    """For agents that don't stream."""
    sink = translate(MessageEvents, shape([ANTHROPIC_WHOLE]))

    assert sink.texts == {"0": "look first", "1": "I will look."}
    assert sink.reported == [
        ("call", "call_a", "ls", {"path": "."}),
        ("usage", {"input_tokens": 100, "output_tokens": 20}),
    ]


def test_a_cut_stream_reports_its_counters() -> None:
    """A stream that ends without its end."""
    sink = translate(MessageEvents, ANTHROPIC[:4])

    assert sink.texts == {"0": "look "}
    assert sink.reported == [
        ("usage", {"input_tokens": 100, "output_tokens": 1, "cached_input_tokens": 64})
    ]


def test_two_messages_don_t_share_their_blocks() -> None:
    """Each counts from zero; a repeated beginning is the same message."""
    start = ANTHROPIC[0]
    other = {"type": "message_start", "message": {"id": "msg_2"}}
    text = [
        block_event("start", 0, content_block={"type": "text", "text": ""}),
        block_delta(0, "text_delta", text="a"),
    ]
    sink = translate(MessageEvents, [start, *text, start, *text[1:], other, *text])

    assert sink.texts == {"0": "aa", "2:0": "a"}


def test_a_message_has_a_beginning_a_reason_and_an_end() -> None:
    """A stop without a reason is a proxy's: the message may continue. A whole one is the same."""
    blocks = ["end of 0", "end of 1", "end of 2"]
    assert translate(MessageEvents, ANTHROPIC).life == ["started", *blocks, "tool_use", "ended"]
    assert translate(MessageEvents, [ANTHROPIC_WHOLE]).life == [
        "started",
        *blocks,
        "tool_use",
        "ended",
    ]
    assert translate(MessageEvents, [ANTHROPIC[0], ANTHROPIC[-1], ANTHROPIC[0]]).life == ["started"]


def test_a_delta_that_is_new_is_reported_as_unknown() -> None:
    """Those without anything to show are not."""
    sink = translate(
        MessageEvents, [block_delta(0, "new_delta"), block_delta(0, "signature_delta")]
    )

    assert sink.unknown_kinds == ["new_delta"]


def test_an_error_is_reported() -> None:
    """With its message, where it has one."""
    sink = translate(
        MessageEvents,
        [{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}],
    )

    assert sink.reported == [("failed", "Overloaded")]


def hosted(kind: str, name: str, result: dict[str, Any], **fields: Any) -> list[Any]:
    """A tool that the provider runs, and its result."""
    call = {"type": kind, "id": "srv", "name": name, "input": {}, **fields}
    return [
        block_event("start", 0, content_block=call),
        block_delta(0, "input_json_delta", partial_json='{"code": "1+1"}'),
        block_event("stop", 0),
        block_event("start", 1, content_block={"tool_use_id": "srv", **result}),
        block_event("stop", 1),
    ]


def test_what_the_provider_runs_is_reported_with_its_end() -> None:
    """Searches and other servers' tools as tools, code as code."""
    found = [{"type": "web_search_result", "title": "t"}]
    search = {"type": "web_search_tool_result", "content": found}
    broken = {"type": "web_search_tool_result", "content": {"error_code": "unavailable"}}
    failed = {"type": "mcp_tool_result", "content": [], "is_error": True}
    ran = {
        "type": "code_execution_tool_result",
        "content": {"stdout": "2", "stderr": "!", "return_code": 1},
    }

    def said(*args: Any, count: int | None = None, **fields: Any) -> list[Any]:
        return translate(MessageEvents, hosted(*args, **fields)[:count]).reported

    args = {"code": "1+1"}
    assert said("server_tool_use", "web_search", search) == [
        ("hosted", "srv", "web_search", args),
        ("hosted_end", "srv", "web_search", found, ""),
    ]
    assert said("server_tool_use", "web_search", broken)[1][4] == "unavailable"
    assert said("mcp_tool_use", "find", failed, server_name="docs") == [
        ("hosted", "srv", "docs.find", args),
        ("hosted_end", "srv", "docs.find", [], "failed"),
    ]
    assert said("server_tool_use", "code_execution", ran) == [
        ("code", "srv", "python", "1+1", "2!", "exit code 1")
    ]
    assert translate(
        MessageEvents, hosted("server_tool_use", "code_execution", ran)[:3]
    ).reported == [("code", "srv", "python", "1+1", None, "no result came")]


@pytest.mark.parametrize("item", [{}, "x", None, {"type": "response.created"}, {"type": "message"}])
def test_anything_else_is_no_event(item: object) -> None:
    """Another dialect's, or unknown."""
    assert not MessageEvents(RecordingSink()).feed(item)


@pytest.mark.parametrize("event", [each for each in ANTHROPIC if each["type"] != "ping"])
def test_damaged_events_do_no_harm(event: dict[str, Any]) -> None:
    """Without their parts, or with parts of another type."""
    for damaged in ({"type": event["type"]}, dict.fromkeys(event, 5) | {"type": event["type"]}):
        translate(MessageEvents, [damaged, *ANTHROPIC])
