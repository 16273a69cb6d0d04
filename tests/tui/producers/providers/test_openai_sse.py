"""OpenAI's chat chunks and Responses, as servers actually send them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.providers.openai_sse import OpenAiSseProducer
from tests.tui.producers.goldens import produce, prose_of, view_of, wire_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import events, kinds, notes, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record

DONE = b"data: [DONE]\n\n"


def chunk(
    delta: Record | None = None, finish: str | None = None, name: str = "r", **rest: Any
) -> Record:
    """One chunk."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": name, "object": "chat.completion.chunk", "choices": [choice], **rest}


def says(text: str, name: str = "r") -> Record:
    """A chunk of prose."""
    return chunk({"content": text}, name=name)


def calls(index: int, arguments: str, call: str | None = None, name: str | None = None) -> Record:
    """A piece of a call."""
    function: Record = {"arguments": arguments, **({"name": name} if name else {})}
    piece = {"index": index, "function": function, **({"id": call} if call else {})}
    return chunk({"tool_calls": [piece]})


def view_at(data: bytes, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view of a stream."""
    return seen(OpenAiSseProducer(), data, outcome)


def args_of(view: ReadView) -> dict[str, Any]:
    """The arguments of each call, by its name."""
    return {str(row.name): row.args for row in rows(view, "tool")}


# -- chat ----------------------------------------------------------------------------------------


def test_pieces_are_one_text_and_the_end_a_commit() -> None:
    """`content: null`, the role, thoughts under either name, counters in the last chunk."""
    view = view_at(
        events(
            chunk({"role": "assistant", "content": None}),
            chunk({"reasoning_content": "h"}),
            chunk({"reasoning": "m"}),
            says("Hel"),
            says("lo"),
            chunk(finish="stop"),
            {
                "id": "r",
                "choices": [],
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 4,
                    "prompt_tokens_details": {"cached_tokens": 3},
                    "completion_tokens_details": {"reasoning_tokens": 1},
                },
            },
        )
        + DONE
    )
    assert prose_of(view) == ["Hello"]
    assert [row.text for row in rows(view, "reasoning")] == ["hm"]
    assert (view.turn_index, view.state) == (1, "idle")
    assert view.usage["total"] == {
        "input_tokens": 9,
        "output_tokens": 4,
        "cached_input_tokens": 3,
        "reasoning_tokens": 1,
    }


def test_counters_on_every_chunk_are_counted_once() -> None:
    """The last are those of the response."""
    chunks = [chunk({"content": "a"}, usage={"completion_tokens": n}) for n in (1, 2, 3)]
    view = view_at(events(*chunks, chunk(finish="stop")) + DONE)
    assert view.usage["total"] == {"output_tokens": 3}


def test_without_done_a_lull_or_the_end_settles() -> None:
    """Not every server sends `[DONE]`."""
    producer = OpenAiSseProducer()
    produced = producer.feed(events(says("a"), chunk(finish="stop")))
    assert "committed" not in kinds(produced)
    assert kinds(producer.flush()) == ["committed"]
    assert view_at(events(says("a"), chunk(finish="stop"))).turn_index == 1


def test_calls_come_in_pieces_by_index() -> None:
    """Complete when the response stops; whatever their number."""
    view = view_at(
        events(
            calls(0, "", "a", "f"),
            calls(1, '{"y":', "b", "g"),
            calls(0, '{"x":1}'),
            calls(1, "2}"),
            chunk(finish="tool_calls"),
        )
    )
    assert args_of(view) == {"f": {"x": 1}, "g": {"y": 2}}


def test_servers_that_give_every_call_the_same_index() -> None:
    """Another id with a name is another call; a repeated id is not."""
    view = view_at(
        events(
            calls(0, '{"x":', "a", "f"),
            calls(0, "1}", "a", "f"),
            calls(0, "{}", "b", "g"),
            chunk(finish="stop"),
        )
    )
    assert args_of(view) == {"f": {"x": 1}, "g": {}}


def test_a_turn_continues_after_tools() -> None:
    """The results are in the next request, which is not shown: the calls end without an outcome."""
    first = events(calls(0, "{}", "a", "f"), chunk(finish="tool_calls")) + DONE
    second = events(says("done", "r2"), chunk(finish="stop", name="r2")) + DONE
    producer = OpenAiSseProducer()
    assert "committed" not in kinds(producer.feed(first))
    view = view_at(first + second)
    assert (view.turn_index, prose_of(view)) == (1, ["done"])
    assert outcome_of(rows(view, "tool")[0])["message"] == "its result is not in this stream"
    alone = view_at(first)
    assert (alone.turn_index, rows(alone, "error")) == (1, [])


def test_several_responses_are_several_texts() -> None:
    """Without ids too: a chunk after the end is another response."""
    view = view_at(
        events(says("a", ""), chunk(finish="stop", name="")) * 1 + DONE + events(says("b", ""))
    )
    assert prose_of(view) == ["a", "b"]


@pytest.mark.parametrize("error", [{"message": "bad key", "code": 1}, "bad key"])
def test_an_error_as_data_ends_the_turn(error: object) -> None:
    """Before the first chunk, or amid them."""
    view = view_at(events(says("half"), {"error": error}))
    assert [row.text for row in rows(view, "error")] == ["bad key"]
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.FAILURE)


def test_a_stream_that_breaks_off_is_no_turn() -> None:
    """It gave no reason to stop."""
    view = view_at(events(says("half")), SessionOutcome.CUT_OFF)
    assert view.turn_index == 0
    assert len(rows(view, "error")) == 1


def test_other_reasons_are_noted() -> None:
    """Too long, or filtered."""
    view = view_at(events(says("a"), chunk(finish="length")) + DONE)
    assert notes(view) == {"stop_reason": {"reason": "length"}}


def test_a_whole_completion_is_one_chunk() -> None:
    """Not streamed at all: `message` instead of `delta`."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
    message = {"role": "assistant", "content": "Hi.", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    whole = {"id": "r", "object": "chat.completion", "choices": [choice]}
    view = view_at(json.dumps(whole).encode())
    assert prose_of(view) == ["Hi."]
    assert args_of(view) == {"f": {"x": 1}}


# -- Responses -----------------------------------------------------------------------------------


def event(kind: str, /, **rest: Any) -> Record:
    """One event of the Responses stream."""
    return {"type": f"response.{kind}", "sequence_number": 1, **rest}


BEGIN = event("created", response={"id": "r"})


def end(**response: Any) -> Record:
    """The response's end."""
    return event("completed", response={"id": "r", **response})


def message(text: str) -> Record:
    """A whole message."""
    return {"id": "m", "type": "message", "content": [{"type": "output_text", "text": text}]}


def test_deltas_wholes_and_items_are_one_text() -> None:
    """The same text is sent up to four times."""
    where = {"item_id": "m", "output_index": 0, "content_index": 0}
    view = view_at(
        events(
            BEGIN,
            event("output_text.delta", **where, delta="Hel"),
            event("output_text.done", **where, text="Hello"),
            event("output_item.done", output_index=0, item=message("Hello")),
            end(output=[message("Hello")], usage={"input_tokens": 3, "output_tokens": 1}),
        )
    )
    assert prose_of(view) == ["Hello"]
    assert view.usage["total"] == {"input_tokens": 3, "output_tokens": 1}
    assert (view.turn_index, view.state) == (1, "idle")
    assert prose_of(view_at(events(BEGIN, end(output=[message("Hi.")])))) == ["Hi."]


def test_parts_of_a_thought_are_shown() -> None:
    """Summaries by their number."""
    parts = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
    item = {"id": "t", "type": "reasoning", "summary": parts}
    delta = event("reasoning_summary_text.delta", item_id="t", summary_index=0, delta="a")
    view = view_at(events(BEGIN, delta, event("output_item.done", item=item), end()))
    assert [row.text for row in rows(view, "reasoning")] == ["a", "b"]


def test_calls_the_providers_own_tools_and_code() -> None:
    """A function's result comes with the next response; what the provider runs ends here."""
    function = {"id": "i", "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    search = {"id": "w", "type": "web_search_call", "status": "completed"}
    code = {
        "id": "k",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1+1",
        "outputs": [{"type": "logs", "logs": "2"}],
    }
    view = view_at(
        events(
            BEGIN,
            event("output_item.added", item=search),
            event("output_item.done", item={**search, "action": {"query": "x"}}),
            event("output_item.done", item=code),
            event("output_item.done", item=function),
            end(),
        )
    )
    assert {row.name: row.state for row in rows(view, "tool")} == {
        "web_search": "success",
        "f": "cancelled",
    }
    (block,) = rows(view, "code")
    assert (block.text, block.state, block.output["output"]) == ("1+1", "success", "2")


@pytest.mark.parametrize(
    "record",
    [
        event("failed", response={"error": {"message": "gone"}}),
        {"type": "error", "message": "gone"},
        {"type": "error", "error": {"message": "gone"}},
    ],
)
def test_failures_end_the_turn(record: Record) -> None:
    """However it is reported."""
    view = view_at(events(BEGIN, record))
    assert [row.text for row in rows(view, "error")] == ["gone"]
    assert view.turn_index == 1


def test_an_end_that_is_sent_twice_is_one() -> None:
    """An error and the failed response, or two names of the same end: one turn, tokens once."""
    failed = event("failed", response={"error": {"message": "gone"}, "usage": {"input_tokens": 3}})
    view = view_at(events(BEGIN, {"type": "error", "message": "gone"}, failed))
    assert [row.text for row in rows(view, "error")] == ["gone"]
    assert (view.turn_index, view.usage["total"]["input_tokens"]) == (1, 3)
    used = {"input_tokens": 5, "output_tokens": 1}
    done = event("done", response={"id": "r", "output": [message("x")], "usage": used})
    view = view_at(events(BEGIN, end(output=[message("x")], usage=used), done))
    assert (prose_of(view), view.turn_index) == (["x"], 1)
    assert view.usage["total"]["input_tokens"] == 5


def test_counters_after_a_lull_are_counted() -> None:
    """The lull has settled the turn; they open no other one while the stream goes on."""
    producer = OpenAiSseProducer()
    produced = producer.feed(events(says("x"), chunk(finish="stop"))) + producer.flush()
    late = producer.feed(events({"id": "r", "choices": [], "usage": {"prompt_tokens": 4}}))
    assert late == []
    produced += producer.feed(DONE) + producer.finish(SessionOutcome.SUCCESS)
    view = view_of(produced, ended=False)
    assert (view.turn_index, view.usage["total"]["input_tokens"]) == (1, 4)


def test_an_incomplete_response_is_noted() -> None:
    """With its reason."""
    last = event("incomplete", response={"incomplete_details": {"reason": "max_output_tokens"}})
    assert notes(view_at(events(BEGIN, last))) == {"stop_reason": {"reason": "max_output_tokens"}}


def test_a_call_that_only_the_response_holds_is_shown() -> None:
    """A stream without items, or a whole response without a stream."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"x": 1}'}
    whole = {"id": "r", "object": "response", "status": "completed", "output": [call]}
    for data in (events(BEGIN, end(output=[call])), json.dumps(whole).encode()):
        assert args_of(view_at(data)) == {"f": {"x": 1}}


def test_a_cancelled_response_fails_the_turn() -> None:
    """Even without a message."""
    view = view_at(events(BEGIN, event("cancelled", response={"id": "r"})))
    assert [row.text for row in rows(view, "error")] == ["The response was cancelled."]


def test_events_and_items_that_are_not_known_are_noted() -> None:
    """Once for each kind."""
    item = event("output_item.done", item={"type": "new_item"})
    view = view_at(events(BEGIN, event("brand_new"), event("brand_new"), item, end()))
    kinds = [row.output["type"] for row in rows(view, "diagnostic")]
    assert kinds == ["response.brand_new", "new_item"]


# -- hygiene -------------------------------------------------------------------------------------

STREAM = (
    b": ping\r\n\r\n"
    + events(
        says("Voilà 日本"),
        calls(0, '{"x":', "a", "f"),
        calls(0, "1}"),
        chunk(finish="tool_calls"),
        BEGIN,
        event("output_text.delta", item_id="m", content_index=0, delta="Hel"),
        end(output=[message("Hello")]),
    )
    + DONE
)


def test_chunks_never_matter() -> None:
    """Bytes split anywhere give the same."""
    expected = wire_of(produce(OpenAiSseProducer(), [STREAM], SessionOutcome.SUCCESS))
    bytewise = [STREAM[i : i + 1] for i in range(len(STREAM))]
    assert wire_of(produce(OpenAiSseProducer(), bytewise, SessionOutcome.SUCCESS)) == expected


def test_cut_and_damaged_streams_leave_nothing_running() -> None:
    """At each byte; with bytes spoilt."""
    chance = random.Random(1)
    for end_at in range(len(STREAM)):
        spoilt = bytearray(STREAM[:end_at])
        for _ in range(chance.choice((0, 3))):
            if spoilt:
                spoilt[chance.randrange(len(spoilt))] = chance.choice(b'{}[]",:0\xff\n')
        for data in (STREAM[:end_at], bytes(spoilt)):
            produced = produce(OpenAiSseProducer(), [data], SessionOutcome.CUT_OFF)
            view = view_of(produced, ended=False)
            assert [row for row in view.entries if row.state == "running"] == []


def test_the_model_and_its_context() -> None:
    """Each response names its model; the counters of one are what is in its context."""

    def answer(name: str, model: object, used: int) -> list[Record]:
        usage = {"prompt_tokens": used - 10, "completion_tokens": 10}
        return [chunk({"content": "Hi"}, "stop", name, model=model, usage=usage)]

    records = [*answer("a", "gpt-6", 100), *answer("b", "gpt-6", 200), *answer("c", 7, 300)]
    producer = OpenAiSseProducer()
    produced = producer.feed(events(*records) + DONE)
    assert news_of(produced) == ["gpt-6", {"used": 100}, {"used": 200}, {"used": 300}]
