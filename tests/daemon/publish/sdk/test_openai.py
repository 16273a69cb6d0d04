"""OpenAI's two dialects."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.publish.sdk.openai import ChatChunks, ResponsesEvents
from tests.daemon.publish.sdk.recording_sink import RecordingSink, translate
from tests.daemon.publish.sdk.sdk_objects import (
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
    def test_a_stream_reports_all_of_it(self, shape: Any) -> None:
        """Reasoning, prose, whole calls in order, counters."""
        sink = translate(ChatChunks, shape(CHAT))

        assert sink.texts == {"0-thought": "look first", "0-text": "I will look."}
        assert sink.reported == [
            ("call", "call_a", "ls", {"path": "."}),
            ("call", "call_b", "cat", {"f": 1}),
            ("usage", USAGE),
        ]

    def test_a_whole_completion_is_one_chunk(self) -> None:
        """For agents that don't stream."""
        sink = translate(ChatChunks, [CHAT_WHOLE])

        assert sink.texts == {"0-text": "I will look."}
        assert sink.reported[0] == ("call", "call_a", "ls", {"path": "."})

    def test_the_sdks_own_stream_wraps_chunks(self) -> None:
        """In events, of which the others repeat them."""
        sink = translate(ChatChunks, [{"type": "chunk", "chunk": each} for each in CHAT])
        translator = ChatChunks(RecordingSink())

        assert sink.texts["0-text"] == "I will look."
        assert not translator.feed({"type": "content.delta", "delta": "x", "snapshot": "x"})

    def test_servers_take_liberties(self) -> None:
        """One index for all calls, calls without an id, the old form, counters on every chunk."""
        first = {**call_piece(0, id="a", name="one", arguments="{}"), "content": [{"text": "x"}]}
        sink = translate(
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

        assert sink.texts == {"0-text": "xlegacy"}
        assert sink.reported == [
            ("call", "a", "one", None),
            ("call", "b", "two", {"k": 1}),
            ("call", "", "three", None),
            ("call", "", "old", {"z": 2}),
            ("usage", {"input_tokens": 9}),
        ]

    def test_arguments_that_are_no_json_stay_text(self) -> None:
        """Half a map, or a custom tool's input."""
        custom = {"index": 0, "id": "a", "custom": {"name": "sql", "input": "select 1"}}
        sink = translate(ChatChunks, [chunk({"tool_calls": [custom]})])

        assert sink.reported == [("call", "a", "sql", "select 1")]

    def test_each_response_of_a_stream_has_a_beginning_and_an_end(self) -> None:
        """Another id is another response; its counters are its own."""
        first = [
            chunk({"content": "a"}, usage={"prompt_tokens": 1}),
            chunk({}, finish="stop"),
        ]
        second = {**chunk({"content": "b"}, usage={"prompt_tokens": 2}), "id": "c-2"}
        sink = translate(ChatChunks, [*first, second])

        assert sink.texts == {"0-text": "a", "2:0-text": "b"}
        assert sink.life == ["started", "stop", "ended", "started"]
        assert sink.reported == [("usage", {"input_tokens": 1}), ("usage", {"input_tokens": 2})]

    def test_servers_send_errors_and_counters_in_place_of_chunks(self) -> None:
        """Half a call before an error is not reported."""
        piece = chunk(call_piece(0, id="a", name="f", arguments='{"x"'))
        sink = translate(ChatChunks, [piece, {"usage": {"prompt_tokens": 3}}, {"error": "bad key"}])

        assert sink.reported == [("usage", {"input_tokens": 3}), ("failed", "bad key")]
        assert translate(ChatChunks, [{"error": {"message": "gone"}}]).reported == [
            ("failed", "gone")
        ]

    def test_arguments_may_be_a_map(self) -> None:
        """Some servers don't encode them."""
        call = {"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}

        assert translate(ChatChunks, [chunk({"tool_calls": [call]})]).reported == [
            ("call", "a", "f", {"x": 1})
        ]

    @pytest.mark.parametrize("item", [{}, {"choices": None}, "x", None, {"type": "message_start"}])
    def test_anything_else_is_no_chunk(self, item: object) -> None:
        """Another dialect's, or unknown."""
        assert not ChatChunks(RecordingSink()).feed(item)


class TestResponses:
    """Events of the Responses stream."""

    @pytest.mark.parametrize("shape", [list, as_objects])
    @pytest.mark.parametrize("items", [RESPONSES, [RESPONSES[-1]], [RESPONSE]])
    def test_a_stream_reports_all_of_it_once(self, shape: Any, items: list[Any]) -> None:
        """Deltas, then items, then the whole response; or only the last of these."""
        sink = translate(ResponsesEvents, shape(items))

        assert sink.texts == {"rs_1-s0": "look first", "msg_1-c0": "I will look."}
        ended = [said[:3] for said in sink.reported if said[0] != "hosted"]
        assert ended == [
            ("hosted_end", "ws_1", "web_search"),
            ("call", "call_a", "ls"),
            ("usage", USAGE),
        ]
        assert ("call", "call_a", "ls", {"path": "."}) in sink.reported

    def test_a_failed_response_is_an_error(self) -> None:
        """With what was counted, and with a message if there is one."""
        failed = {"status": "failed", "error": {"code": "x", "message": "overloaded"}}
        sink = translate(
            ResponsesEvents,
            [
                {"type": "response.failed", "response": failed},
                {"type": "error", "message": "bad"},
                {"type": "error", "error": {}},
            ],
        )

        assert sink.reported == [
            ("failed", "overloaded"),
            ("failed", "bad"),
            ("failed", "The response failed."),
        ]

    def test_what_the_provider_runs_is_reported_with_its_end(self) -> None:
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
        sink = translate(
            ResponsesEvents,
            [
                {"type": "response.output_item.done", "item": item, "output_index": 0}
                for item in [*items, custom]
            ],
        )

        assert sink.reported == [
            ("code", "ci", "python", "print(1)", "1", ""),
            ("code", "cj", "python", "print(1)", None, "incomplete"),
            ("hosted", "m", "docs.find", {"q": 1}),
            ("hosted_end", "m", "docs.find", None, "timeout"),
            ("call", "c", "sql", "select 1"),
        ]

    def test_a_refusal_is_prose(self) -> None:
        """Once."""
        where = {"item_id": "m", "content_index": 0}
        sink = translate(
            ResponsesEvents,
            [
                {"type": "response.refusal.delta", **where, "delta": "I "},
                {"type": "response.refusal.done", **where, "refusal": "I can't."},
            ],
        )

        assert sink.texts == {"m-c0": "I can't."}

    def test_a_response_has_a_beginning_a_reason_and_an_end(self) -> None:
        """Whatever its last event is called; a whole response has the same."""
        cut = {"incomplete_details": {"reason": "max_output_tokens"}}
        begin = {"type": "response.created", "response": {}}

        def life(*items: Any) -> list[str]:
            return translate(ResponsesEvents, list(items)).life

        assert life(begin, {"type": "response.completed", "response": {}}) == [
            "started",
            "completed",
            "ended",
        ]
        assert life({"type": "response.done", "response": {}}) == ["completed", "ended"]
        assert life({"type": "response.incomplete", "response": cut}) == [
            "max_output_tokens",
            "ended",
        ]
        assert life(RESPONSE) == ["completed", "ended"]

    @pytest.mark.parametrize(
        "item",
        [
            {"type": "response.cancelled", "response": {}},
            {"object": "response", "status": "cancelled", "output": []},
        ],
    )
    def test_a_cancelled_response_is_an_error(self, item: dict[str, Any]) -> None:
        """As an event or whole."""
        assert translate(ResponsesEvents, [item]).reported == [
            ("failed", "The response was cancelled.")
        ]

    def test_names_and_arguments_of_other_servers(self) -> None:
        """A namespace as well as a server's label; queries as well as an action."""
        call = {"type": "function_call", "call_id": "c", "name": "find", "namespace": "docs"}
        search = {"type": "file_search_call", "id": "s", "queries": ["x"], "status": "failed"}
        sink = translate(
            ResponsesEvents,
            [{"type": "response.output_item.done", "item": item} for item in (call, search)],
        )

        assert sink.reported == [
            ("call", "c", "docs.find", None),
            ("hosted", "s", "file_search", {"queries": ["x"]}),
            ("hosted_end", "s", "file_search", None, "failed"),
        ]

    def test_what_is_new_is_reported_as_unknown(self) -> None:
        """Events and items; those that only repeat others are not."""
        sink = translate(
            ResponsesEvents,
            [
                {"type": "response.new_in_2027"},
                {"type": "response.output_item.done", "item": {"type": "new_item", "id": "n"}},
                {"type": "response.in_progress"},
            ],
        )

        assert sink.unknown_kinds == ["response.new_in_2027", "new_item"]

    @pytest.mark.parametrize("item", [{}, "x", None, {"type": "message_start"}, {"type": 5}])
    def test_anything_else_is_no_event(self, item: object) -> None:
        """Another dialect's, or unknown."""
        assert not ResponsesEvents(RecordingSink()).feed(item)
