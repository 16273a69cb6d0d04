"""Anthropic's Messages stream: blocks, splices, the provider's own tools."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.providers.anthropic_sse import AnthropicSseProducer
from tests.tui.producers.goldens import produce, prose_of, view_of, wire_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import events, kinds, notes, outcome_of, rows, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record


def begins(name: str = "m", **usage: int) -> Record:
    """A message begins."""
    return {"type": "message_start", "message": {"id": name, "usage": usage}}


def block(index: int, kind: str = "text", **rest: Any) -> Record:
    """A block begins."""
    start = {"type": kind, **({"text": ""} if kind == "text" else {}), **rest}
    return {"type": "content_block_start", "index": index, "content_block": start}


def delta(index: int, kind: str, **rest: Any) -> Record:
    """More of a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **rest}}


def says(index: int, text: str) -> Record:
    """More prose."""
    return delta(index, "text_delta", text=text)


def stops(index: int) -> Record:
    """A block ends."""
    return {"type": "content_block_stop", "index": index}


def ends(reason: str = "end_turn", **usage: int) -> list[Record]:
    """The message ends."""
    last = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}
    return [last, {"type": "message_stop"}]


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view of a stream."""
    return seen(AnthropicSseProducer(), events(*records), outcome)


def test_blocks_are_entries_and_the_end_is_a_commit() -> None:
    """Usage: the first counters, and the last of those that grow; cached input is input."""
    view = view_at(
        begins(input_tokens=3, cache_read_input_tokens=10, output_tokens=1),
        {"type": "ping"},
        block(0, "thinking", thinking=""),
        delta(0, "thinking_delta", thinking="hm"),
        delta(0, "signature_delta", signature="x"),
        stops(0),
        block(1),
        says(1, "Hel"),
        says(1, "lo"),
        stops(1),
        *ends(output_tokens=20),
    )
    assert [(row.kind, row.text) for row in view.entries if row.text] == [
        ("reasoning", "hm"),
        ("prose", "Hello"),
    ]
    assert view.usage["total"] == {
        "input_tokens": 13,
        "output_tokens": 20,
        "cached_input_tokens": 10,
    }
    assert (view.turn_index, view.state) == (1, "idle")


def test_a_tools_input_is_joined_from_pieces() -> None:
    """The turn continues in the next message; the result is not in the stream."""
    producer = AnthropicSseProducer()
    tool = [
        begins(),
        block(0, "tool_use", id="t", name="f", input={}),
        delta(0, "input_json_delta", partial_json='{"a"'),
        delta(0, "input_json_delta", partial_json=":1}"),
        stops(0),
        *ends("tool_use"),
    ]
    produced = producer.feed(events(*tool))
    assert "committed" not in kinds(produced)
    produced += producer.feed(events(begins("n"), block(0), says(0, "done"), stops(0), *ends()))
    view = view_of(produced, ended=False)
    (row,) = rows(view, "tool")
    assert (row.args, row.state) == ({"a": 1}, "cancelled")
    assert (view.turn_index, prose_of(view)) == (1, ["done"])


def test_a_repeated_beginning_is_ignored_and_a_spliced_one_is_another_message() -> None:
    """Blocks of the second message are counted from zero again."""
    repeated = view_at(begins(), block(0), says(0, "a"), begins(), says(0, "b"), *ends())
    assert prose_of(repeated) == ["ab"]
    spliced = view_at(
        begins(), block(0), says(0, "a"), begins("n"), block(0), says(0, "b"), *ends()
    )
    assert prose_of(spliced) == ["a", "b"]
    assert spliced.turn_index == 1


def test_what_the_provider_runs_ends_in_the_stream() -> None:
    """A search is a call, executed code a code block, each failed where it failed."""
    view = view_at(
        begins(),
        block(0, "server_tool_use", id="w", name="web_search", input={"query": "x"}),
        stops(0),
        block(1, "web_search_tool_result", tool_use_id="w", content=[{"title": "y"}]),
        stops(1),
        block(2, "server_tool_use", id="c", name="code_execution", input={}),
        delta(2, "input_json_delta", partial_json='{"code":"1+1"}'),
        stops(2),
        block(
            3,
            "code_execution_tool_result",
            tool_use_id="c",
            content={"stdout": "2", "stderr": "", "return_code": 0},
        ),
        stops(3),
        block(4, "server_tool_use", id="v", name="web_search", input={}),
        stops(4),
        block(5, "web_search_tool_result", tool_use_id="v", content={"error_code": "unavailable"}),
        *ends(),
    )
    assert [row.state for row in rows(view, "tool")] == ["success", "failure"]
    assert outcome_of(rows(view, "tool")[1])["message"] == "unavailable"
    (code,) = rows(view, "code")
    assert (code.text, code.state, code.output["output"]) == ("1+1", "success", "2")


def test_errors_end_the_turn() -> None:
    """Overloaded, amid a message."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    view = view_at(begins(), block(0), says(0, "half"), error)
    assert [row.text for row in rows(view, "error")] == ["Overloaded"]
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.FAILURE)


def test_a_cut_message_is_no_turn() -> None:
    """A stop without a reason is a proxy's; no stop is a lost connection."""
    cut = view_at(begins(), block(0), says(0, "half"), {"type": "message_stop"})
    assert cut.turn_index == 0
    assert len(rows(cut, "error")) == 1
    assert view_at(begins(), block(0), says(0, "half")).turn_index == 0


def test_other_reasons_and_kinds_are_noted() -> None:
    """Too long; an unknown event."""
    view = view_at(begins(), {"type": "brand_new"}, block(0), says(0, "a"), *ends("max_tokens"))
    assert notes(view).keys() == {"stop_reason", "unknown_record"}


def test_a_whole_message_is_a_turn() -> None:
    """Not streamed at all."""
    content = [{"type": "text", "text": "Hi."}]
    whole = {"type": "message", "id": "m", "content": content, "stop_reason": "end_turn"}
    view = view_at({**whole, "usage": {"input_tokens": 3}})
    assert (prose_of(view), view.turn_index) == (["Hi."], 1)
    assert view.usage["total"] == {"input_tokens": 3}


STREAM = events(
    begins(input_tokens=1),
    block(0),
    says(0, "Voilà 日本"),
    stops(0),
    block(1, "tool_use", id="t", name="f", input={}),
    delta(1, "input_json_delta", partial_json='{"a":1}'),
    stops(1),
    *ends("tool_use", output_tokens=2),
    begins("n"),
    block(0),
    says(0, "done"),
    *ends(),
)


def test_chunks_never_matter() -> None:
    """Bytes split anywhere give the same."""
    expected = wire_of(produce(AnthropicSseProducer(), [STREAM], SessionOutcome.SUCCESS))
    bytewise = [STREAM[i : i + 1] for i in range(len(STREAM))]
    assert wire_of(produce(AnthropicSseProducer(), bytewise, SessionOutcome.SUCCESS)) == expected


def test_cut_and_damaged_streams_leave_nothing_running() -> None:
    """At each byte; with bytes spoilt, events doubled and swapped."""
    chance = random.Random(2)
    parts = STREAM.split(b"\n\n")
    for end_at in range(0, len(STREAM), 3):
        spoilt = bytearray(STREAM[:end_at])
        for _ in range(min(len(spoilt), 3)):
            spoilt[chance.randrange(len(spoilt))] = chance.choice(b'{}[]",:0\xff\n')
        mixed = list(parts)
        mixed.insert(chance.randrange(len(parts)), chance.choice(parts))
        chance.shuffle(mixed)
        for data in (STREAM[:end_at], bytes(spoilt), b"\n\n".join(mixed)):
            produced = produce(AnthropicSseProducer(), [data], SessionOutcome.CUT_OFF)
            view = view_of(produced, ended=False)
            assert [row for row in view.entries if row.state == "running"] == []


def test_content_within_a_messages_beginning_is_shown() -> None:
    """A request may give the first of it; what follows is counted from zero all the same."""
    prefilled = begins("m")
    prefilled["message"]["content"] = [
        {"type": "text", "text": "So "},
        {"type": "tool_use", "id": "t", "name": "roll", "input": {"a": 1}},
    ]
    view = view_at(prefilled, prefilled, block(0), says(0, "far."), stops(0), *ends())
    assert prose_of(view) == ["So ", "far."]
    assert [(row.id, row.name, row.args) for row in rows(view, "tool")] == [("t", "roll", {"a": 1})]


CODE = block(0, "server_tool_use", id="s", name="code_execution", input={"code": "roll()"})


def code_result(index: int = 0) -> Record:
    """What the code gave."""
    content = {"type": "code_execution_result", "stdout": "6", "stderr": "", "return_code": 0}
    return block(index, "code_execution_tool_result", tool_use_id="s", content=content)


def test_code_may_end_in_a_later_message() -> None:
    """Where the message before it stopped for a tool; else its result never comes."""
    asks = [begins("a"), CODE, stops(0), *ends("tool_use")]
    view = view_at(*asks, begins("b"), code_result(), *ends())
    (row,) = rows(view, "code")
    assert (row.text, row.state, row.output) == (
        "roll()",
        "success",
        {"output": "6", "error": None},
    )
    for lost in (asks, [*asks, begins("b"), *ends()]):
        (row,) = rows(view_at(*lost), "code")
        assert (row.state, row.text) == ("failure", "roll()")


def test_a_result_without_its_call_has_a_name() -> None:
    """The call is in a stream that was not seen."""
    view = view_at(begins(), code_result(), *ends())
    assert [row.name for row in rows(view, "code")] == ["python"]
    other = block(0, "web_fetch_tool_result", tool_use_id="w", content={"url": "u"})
    assert [row.name for row in rows(view_at(begins(), other, *ends()), "tool")] == ["web_fetch"]


def test_hits_of_a_search_are_readable() -> None:
    """Without what only the provider can read; a search that failed has failed."""
    hit = {"type": "web_search_result", "title": "T", "url": "u", "encrypted_content": "zzz"}
    call = block(0, "server_tool_use", id="s", name="web_search", input={"query": "q"})

    def result(content: object) -> Record:
        return block(1, "web_search_tool_result", tool_use_id="s", content=content)

    found = view_at(begins(), call, stops(0), result([hit]), *ends())
    assert outcome_of(rows(found, "tool")[0])["payload"] == [{"title": "T", "url": "u"}]
    error = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    refused = view_at(begins(), call, stops(0), result(error), *ends())
    assert outcome_of(rows(refused, "tool")[0])["message"] == "max_uses_exceeded"


def test_the_model_and_its_context() -> None:
    """Each message names its model; what came from the cache is in the context too."""

    def message(name: str, model: str, read: int) -> list[Record]:
        start = begins(name, input_tokens=80, cache_read_input_tokens=read, output_tokens=1)
        start["message"]["model"] = model
        return [start, block(0), says(0, "Hi."), stops(0), *ends(output_tokens=10)]

    records = [*message("a", "opus", 10), *message("b", "opus", 110), *message("c", "haiku", 10)]
    produced = AnthropicSseProducer().feed(events(*records))
    assert news_of(produced) == ["opus", {"used": 100}, {"used": 200}, "haiku", {"used": 100}]
