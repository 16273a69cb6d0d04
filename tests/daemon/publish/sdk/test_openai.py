"""OpenAI's two dialects."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.publish.sdk.openai import ChatChunks, ResponsesEvents
from tests.daemon.publish.sdk.recording_sink import Notes, translate
from tests.daemon.publish.sdk.sdk_shapes import (
    CHAT,
    CHAT_WHOLE,
    RESPONSE,
    RESPONSES,
    as_objects,
    call_piece,
    chunk,
)

USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "cached_input_tokens": 64,
    "reasoning_tokens": 8,
}


class TestChat:
    """Chunks of chat completions."""

    @pytest.mark.parametrize("shape", [list, as_objects])
    def test_a_stream_says_all_of_it(self, shape: Any) -> None:
        """Reasoning, prose, whole calls in order, counters."""
        notes = translate(ChatChunks, shape(CHAT))

        assert notes.texts == {"0-thought": "look first", "0-text": "I will look."}
        assert notes.said == [
            ("call", "call_a", "ls", {"path": "."}),
            ("call", "call_b", "cat", {"f": 1}),
            ("usage", USAGE),
        ]

    def test_a_whole_completion_is_one_chunk(self) -> None:
        """For agents that don't stream."""
        notes = translate(ChatChunks, [CHAT_WHOLE])

        assert notes.texts == {"0-text": "I will look."}
        assert notes.said[0] == ("call", "call_a", "ls", {"path": "."})

    def test_the_sdks_own_stream_wraps_chunks(self) -> None:
        """In events, of which the others repeat them."""
        notes = translate(ChatChunks, [{"type": "chunk", "chunk": each} for each in CHAT])
        translator = ChatChunks(Notes())

        assert notes.texts["0-text"] == "I will look."
        assert not translator.feed({"type": "content.delta", "delta": "x", "snapshot": "x"})

    def test_servers_take_liberties(self) -> None:
        """One index for all calls, calls without an id, the old form, counters on every chunk."""
        first = {**call_piece(0, id="a", name="one", arguments="{}"), "content": [{"text": "x"}]}
        notes = translate(
            ChatChunks,
            [
                chunk(first, usage={"prompt_tokens": 1}),
                chunk(call_piece(0, id="b", name="two", arguments='{"k": 1}')),
                chunk(call_piece(1, name="three")),
                chunk({"function_call": {"name": "old", "arguments": '{"z"'}}),
                chunk({"function_call": {"arguments": ": 2}"}}, usage={"prompt_tokens": 9}),
                {"choices": [{"text": "legacy"}, None]},
            ],
        )

        assert notes.texts == {"0-text": "xlegacy"}
        assert notes.said == [
            ("call", "a", "one", None),
            ("call", "b", "two", {"k": 1}),
            ("call", "", "three", None),
            ("call", "", "old", {"z": 2}),
            ("usage", {"input_tokens": 9}),
        ]

    def test_arguments_that_are_no_json_stay_text(self) -> None:
        """Half a map, or a custom tool's input."""
        custom = {"index": 0, "id": "a", "custom": {"name": "sql", "input": "select 1"}}
        notes = translate(ChatChunks, [chunk({"tool_calls": [custom]})])

        assert notes.said == [("call", "a", "sql", "select 1")]

    @pytest.mark.parametrize("item", [{}, {"choices": None}, "x", None, {"type": "message_start"}])
    def test_anything_else_is_no_chunk(self, item: object) -> None:
        """Another dialect's, or nobody's."""
        assert not ChatChunks(Notes()).feed(item)


class TestResponses:
    """Events of the Responses stream."""

    @pytest.mark.parametrize("shape", [list, as_objects])
    @pytest.mark.parametrize("items", [RESPONSES, [RESPONSES[-1]], [RESPONSE]])
    def test_a_stream_says_all_of_it_once(self, shape: Any, items: list[Any]) -> None:
        """Deltas, then items, then the whole response; or only the last of these."""
        notes = translate(ResponsesEvents, shape(items))

        assert notes.texts == {"rs_1-s0": "look first", "msg_1-c0": "I will look."}
        ended = [said[:3] for said in notes.said if said[0] != "hosted"]
        assert ended == [
            ("hosted_end", "ws_1", "web_search"),
            ("call", "call_a", "ls"),
            ("usage", USAGE),
        ]
        assert ("call", "call_a", "ls", {"path": "."}) in notes.said

    def test_a_failed_response_is_an_error(self) -> None:
        """With what was counted, and with a message if there is one."""
        failed = {"status": "failed", "error": {"code": "x", "message": "overloaded"}}
        notes = translate(
            ResponsesEvents,
            [
                {"type": "response.failed", "response": failed},
                {"type": "error", "message": "bad"},
                {"type": "error", "error": {}},
            ],
        )

        assert notes.said == [
            ("error", "overloaded"),
            ("error", "bad"),
            ("error", "The response failed."),
        ]

    def test_what_the_provider_runs_is_told_with_its_end(self) -> None:
        """Code as code; failures as failures."""
        code = {
            "type": "code_interpreter_call",
            "id": "ci",
            "code": "print(1)",
            "status": "completed",
            "outputs": [{"type": "logs", "logs": "1"}],
        }
        mcp = {
            "type": "mcp_call",
            "id": "m",
            "name": "find",
            "server_label": "docs",
            "arguments": '{"q": 1}',
            "output": None,
            "error": "timeout",
        }
        items = [code, {**code, "id": "cj", "status": "incomplete", "outputs": None}, mcp]
        custom = {"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "select 1"}
        notes = translate(
            ResponsesEvents,
            [
                {"type": "response.output_item.done", "item": item, "output_index": 0}
                for item in [*items, custom]
            ],
        )

        assert notes.said == [
            ("code", "ci", "python", "print(1)", "1", ""),
            ("code", "cj", "python", "print(1)", None, "incomplete"),
            ("hosted", "m", "docs.find", {"q": 1}),
            ("hosted_end", "m", "docs.find", None, "timeout"),
            ("call", "c", "sql", "select 1"),
        ]

    def test_a_refusal_is_said(self) -> None:
        """As prose, once."""
        where = {"item_id": "m", "content_index": 0}
        notes = translate(
            ResponsesEvents,
            [
                {"type": "response.refusal.delta", **where, "delta": "I "},
                {"type": "response.refusal.done", **where, "refusal": "I can't."},
            ],
        )

        assert notes.texts == {"m-c0": "I can't."}

    @pytest.mark.parametrize("item", [{}, "x", None, {"type": "message_start"}, {"type": 5}])
    def test_anything_else_is_no_event(self, item: object) -> None:
        """Another dialect's, or nobody's; what is new of its own is passed over."""
        assert not ResponsesEvents(Notes()).feed(item)
        assert ResponsesEvents(Notes()).feed({"type": "response.new_in_2027"})
