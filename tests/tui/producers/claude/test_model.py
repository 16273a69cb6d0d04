"""Which model Claude uses, and how much of its context: as its records tell them, once each."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from lashtui.producers.claude.stream import ClaudeStreamProducer
from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from lashtui.producers.qwen.stream import QwenStreamProducer
from tests.tui.producers.claude.claude_records import (
    assistant,
    begins,
    ends,
    event,
    init,
    record,
    result,
    seen,
    text,
    told,
)
from tests.tui.producers.news import news_of

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-5"


def said(message_id: str, model: object, used: int = 0, **fields: Any) -> dict[str, Any]:
    """A message that names its model and how long its request was."""
    usage = {"input_tokens": 1, "cache_read_input_tokens": used, "output_tokens": 1}
    given = assistant(message_id, text("Hi."), **fields)
    given["message"] |= {"model": model, "usage": usage if used else {}}
    return given


def news(*records: dict[str, Any], make: Any = ClaudeStreamProducer) -> list[Any]:
    """Models and contexts in the order in which they are told."""
    return news_of(told(make(), *records))


def test_a_model_is_told_once_and_again_when_it_changes() -> None:
    """By the beginning of a turn, then by a message of another one: a fallback, or `/model`."""
    one = [init(model=OPUS), said("a", OPUS), result(), init(model=OPUS), said("b", OPUS), result()]
    assert news(*one) == [OPUS]
    assert news(*one, init(model=OPUS), said("c", HAIKU), said("d", HAIKU)) == [OPUS, HAIKU]
    assert news(*one, init(model=HAIKU)) == [OPUS, HAIKU]
    assert news(init(model=OPUS), said("a", HAIKU), said("b", OPUS)) == [OPUS, HAIKU, OPUS]


@pytest.mark.parametrize("setting", ["opus", "opus[1m]", f"{OPUS}[1m]"])
def test_an_alias_does_not_flicker(setting: str) -> None:
    """Each turn begins with the setting's name, and each message names the model."""
    turns = [[init(model=setting), said("m", OPUS), result()] for _ in range(3)]
    expected = [setting] if setting.startswith(OPUS) else [setting, OPUS]
    assert news(*itertools.chain(*turns)) == expected


def test_a_message_of_the_programs_own_has_no_model() -> None:
    """Nor has a subagent's the session's, nor one that names none or names nonsense."""
    failed = said("e", "<synthetic>", error="server_error", is_api_error_message=True)
    child = said("c", HAIKU, 500, parent_tool_use_id="call")
    odd = [said("x", ""), said("y", 5), said("z", ["m"])]
    assert news(init(model=OPUS), failed, child, *odd, result(), init(model=OPUS)) == [OPUS]


def test_the_newest_message_says_how_much_context_is_used() -> None:
    """Request, cache and answer; the result says how much there is."""
    window = {HAIKU: {"contextWindow": 200_000}, f"{OPUS}[1m]": {"contextWindow": 1_000_000}}
    ended, again = result(modelUsage=window), result(modelUsage=window)
    begun = [init(model=f"{OPUS}[1m]"), said("a", OPUS, 98), said("a", OPUS, 98)]
    assert news(*begun, said("b", OPUS, 198), ended)[1:] == [
        {"used": 100},
        {"used": 200},
        {"used": 200, "size": 1_000_000},
    ]
    view = seen(ClaudeStreamProducer(), *begun, ended, init(), said("c", OPUS, 298), again)
    assert view.usage["context"] == {"used": 300, "size": 1_000_000}
    assert (view.turn_index, view.model) == (2, f"{OPUS}[1m]")


def test_a_streamed_message_counts_at_its_end() -> None:
    """Its whole copy repeats the counters with which it began."""
    start = begins("m")
    start["event"]["message"] |= {"model": OPUS, "usage": {"input_tokens": 90, "output_tokens": 1}}
    counted = event({"type": "message_delta", "usage": {"output_tokens": 10}}, "m")
    given = [init(), start, said("m", OPUS, 90), counted, ends(), result()]
    assert news(*given) == [OPUS, {"used": 100}]


def test_another_model_has_a_context_of_another_size() -> None:
    """It is unknown until a result tells it."""
    ended = result(modelUsage={OPUS: {"contextWindow": 200_000}})
    view = seen(
        ClaudeStreamProducer(), init(model=OPUS), said("a", OPUS, 98), ended, said("b", HAIKU, 198)
    )
    assert (view.model, view.usage["context"]) == (HAIKU, {"used": 200})


@pytest.mark.parametrize("window", [-5, 0, 1.5, "9", None, 2**60, {}, True])
def test_what_is_no_number_is_no_window(window: object) -> None:
    """Nor does it cost the turn's end."""
    ended = result(modelUsage={OPUS: {"contextWindow": window}, "x": 7})
    view = seen(ClaudeStreamProducer(), init(model=OPUS), said("a", OPUS, 98), ended)
    assert (view.turn_index, view.usage["context"]) == (1, {"used": 100})


def test_qwen_tells_both_the_same_way() -> None:
    """Its input counter includes what was cached."""
    message = said("a", "qwen3", 98)
    message["message"]["usage"]["input_tokens"] = 99
    given = [init(model="qwen3"), message, result()]
    assert news(*given, make=QwenStreamProducer) == ["qwen3", {"used": 100}]


def test_a_transcript_tells_both_with_each_message() -> None:
    """The lines of one message are one message; the program's own errors and copies are none."""

    def line(number: int, kind: str, **fields: Any) -> dict[str, Any]:
        return record(kind, uuid=f"u{number}", **fields)

    def spoken(number: int, message_id: str, model: str, used: int) -> dict[str, Any]:
        given = said(message_id, model, used)
        given["message"]["stop_reason"] = "end_turn"
        return given | {"uuid": f"u{number}"}

    prompt = {"role": "user", "content": "Look"}
    given = [
        line(1, "user", message=prompt),
        spoken(2, "a", OPUS, 98),
        spoken(3, "a", OPUS, 98),
        line(4, "user", message=prompt),
        spoken(5, "b", OPUS, 198),
        spoken(6, "c", "<synthetic>", 0),
        spoken(7, "d", HAIKU, 298) | {"isSidechain": True, "parentUuid": "u1"},
        line(8, "user", message=prompt),
        spoken(9, "e", HAIKU, 398),
        line(10, "user", message=prompt),
    ]
    assert news(*given, make=ClaudeTranscriptProducer) == [
        OPUS,
        {"used": 100},
        {"used": 200},
        HAIKU,
        {"used": 400},
    ]
