"""What a model's response becomes in a session."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.publish.bounds import MAX_BLOCKS, MAX_CALLS, MAX_PIECE
from lashd.publish.sdk.response import Response
from lashd.session.events import AssistantProseDelta, ModelRequestStarted, SessionChanged
from tests.daemon.publish.fake_session import FakeSession
from tests.daemon.publish.sdk.sdk_objects import (
    ANTHROPIC,
    CHAT,
    CHAT_WHOLE,
    RESPONSES,
    as_objects,
    chunk,
)


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


def published(session: FakeSession, items: list[Any]) -> Response:
    """All of it."""
    response = Response(session)
    response.whole(items)
    return response


@pytest.mark.parametrize("shape", [list, as_objects])
@pytest.mark.parametrize("items", [CHAT, RESPONSES, ANTHROPIC])
def test_each_dialect_shows_the_same(session: FakeSession, items: list[Any], shape: Any) -> None:
    """The thought, the answer, the call, the counters."""
    published(session, shape(items))

    assert session.shown()[:2] == [("reasoning", "look first"), ("prose", "I will look.")]
    call = session.called("ls")
    assert (call.id, call.args, call.state) == ("call_a", {"path": "."}, "running")
    assert session.view.usage["total"]["input_tokens"] == 100
    assert session.view.usage["total"]["cached_input_tokens"] == 64
    assert session.entries("error", "diagnostic") == []
    assert len(session.published(ModelRequestStarted)) == 1


def test_responses_at_the_same_time_keep_their_texts_apart(session: FakeSession) -> None:
    """Their blocks have the same names."""
    one, two = Response(session), Response(session)
    for response in (one, two):
        response.begin()
    for word in ("a", "b", "c"):
        one.feed(chunk({"content": word}))
        two.feed(chunk({"content": word.upper()}))

    assert [row.text for row in session.entries("prose")] == ["abc", "ABC"]


def test_within_a_call_it_is_a_subagents(session: FakeSession) -> None:
    """Everything belongs under the call, and the counters are the child's."""
    with session.tool("task") as task:
        published(session, CHAT)

    assert {row.parent for row in session.entries() if row.name != "task"} == {task.id}
    assert "total" not in session.view.usage
    assert session.view.usage["child"]["output_tokens"] == 20


def test_the_next_request_closes_calls_that_were_not_run(session: FakeSession) -> None:
    """The agent has answered them by then, whatever their result."""
    published(session, [CHAT_WHOLE])
    assert session.called("ls").state == "running"
    published(session, [chunk({"content": "x"})])

    assert session.called("ls").state == "cancelled"


def test_a_missing_id_is_made_up(session: FakeSession) -> None:
    """Two calls without one are two calls."""
    calls = [{"function": {"name": "t", "arguments": "{}"}} for _ in range(2)]
    published(session, [chunk({"tool_calls": calls})])

    assert len(session.entries("tool")) == 2


def test_plain_text_is_prose(session: FakeSession) -> None:
    """An agent's own generator of words."""
    published(session, ["one ", "two"])

    assert session.shown() == [("prose", "one two")]


def test_long_text_is_split(session: FakeSession) -> None:
    """Each piece is an event that fits."""
    published(session, ["x" * (MAX_PIECE + 1)])

    assert len(session.entries("prose")[0].text or "") == MAX_PIECE + 1


def test_a_text_is_published_once(session: FakeSession) -> None:
    """Pieces, then the whole of it, then again; or only the whole."""
    response = Response(session)
    response.begin()
    response.text("a", "one ")
    response.whole_text("a", "one two")
    response.whole_text("a", "one two")
    response.whole_text("b", "whole")

    assert [row.text for row in session.entries("prose")] == ["one two", "whole"]


def test_blocks_of_two_responses_in_one_stream_are_apart(session: FakeSession) -> None:
    """Each response counts its blocks from zero."""
    other = {**chunk({"content": "b"}), "id": "c-2"}
    published(session, [chunk({"content": "a"}), other])

    assert [row.text for row in session.entries("prose")] == ["a", "b"]


def test_the_number_of_texts_is_bounded(session: FakeSession) -> None:
    """A stream may never end; the blocks that are followed continue."""
    response = Response(session)
    response.begin()
    for number in range(MAX_BLOCKS + 5):
        response.text(str(number), "x")
    response.text("0", "y")

    assert len(session.published(AssistantProseDelta)) == MAX_BLOCKS + 1


def test_a_stream_that_is_none_of_these_is_noted_once(session: FakeSession) -> None:
    """Not once for each object."""
    published(session, [{"type": "pong"}, {"type": "pong"}, object()])

    assert [(row.name, row.output) for row in session.entries("diagnostic")] == [
        ("unknown_stream", {"type": "pong"})
    ]


def test_events_that_are_new_within_a_dialect_are_passed_over(session: FakeSession) -> None:
    """An SDK may add some."""
    published(session, [*ANTHROPIC[:10], {"type": "new_in_2027"}, *ANTHROPIC[10:]])

    assert session.entries("diagnostic") == []
    assert session.entries("prose")[0].text == "I will look."


def test_a_failed_response_is_an_error(session: FakeSession) -> None:
    """Of the session."""
    published(session, [{"type": "error", "error": {"message": "Overloaded"}}])

    assert session.entries("error")[0].text == "Overloaded"


def test_a_broken_stream_announces_no_half_a_call(session: FakeSession) -> None:
    """And is a remark: whether it is an error the agent decides."""
    response = Response(session)
    response.begin()
    for item in CHAT[:7]:
        response.feed(item)
    response.broken(ConnectionError("reset"))
    response.finish()

    assert session.entries("tool", "error") == []
    assert session.entries("diagnostic")[0].output == {"error": "ConnectionError: reset"}
    assert session.entries("prose")[0].text == "I will look."


def test_the_providers_own_tools_end(session: FakeSession) -> None:
    """As cancelled if their result never came."""
    response = Response(session)
    response.begin()
    response.hosted("a", "search", {"q": 1})
    response.hosted_end("a", "search", [{"title": "t"}], "")
    response.hosted("b", "search", None)
    response.hosted_end("b", "search", None, "denied")
    response.hosted("c", "search", None)
    response.code("k", "python", "1+1", "2", "")
    response.finish()

    assert [row.state for row in session.entries("tool")] == ["success", "failure", "cancelled"]
    code = session.entries("code")[0]
    assert (code.text, code.name, code.state) == ("1+1", "python", "success")
    assert session.entries("tool")[0].output["outcome"]["payload"] == [{"title": "t"}]


def test_a_failed_response_ends_them_before_its_error(session: FakeSession) -> None:
    """The error stays the last word, so the turn fails."""
    response = Response(session)
    response.begin()
    response.hosted("a", "search", None)
    response.failed("Overloaded")
    response.finish()
    session.commit()

    assert session.shown() == [("tool", "search"), ("error", "Overloaded"), ("commit", None)]
    assert session.called("search").state == "cancelled"
    assert session.view.outcome == "failure"


def test_an_abandoned_response_ends_them_after_the_agents_error(session: FakeSession) -> None:
    """Their ends are not the agent's words, so its error is repeated after them."""
    response = Response(session)
    response.begin()
    response.hosted("a", "search", None)
    session.error("out of time")
    response.abandon()
    session.commit()

    assert [text for kind, text in session.shown() if kind == "error"] == ["out of time"] * 2
    assert session.view.outcome == "failure"


def test_their_number_is_bounded(session: FakeSession) -> None:
    """At one time."""
    response = Response(session)
    response.begin()
    for number in range(MAX_CALLS + 5):
        response.hosted(str(number), "t", None)

    assert len(session.entries("tool")) == MAX_CALLS


class Dumped:
    """A model of an SDK."""

    def model_dump(self) -> dict[str, int]:
        return {"a": 1}


class Undumped:
    def model_dump(self) -> dict[str, int]:
        raise RuntimeError("no")


def test_models_in_a_result_become_maps(session: FakeSession) -> None:
    """Where they can."""
    response = Response(session)
    response.begin()
    response.hosted_end("a", "t", [Dumped()], "")
    response.hosted_end("b", "t", Undumped(), "")

    outputs = [row.output["outcome"]["payload"] for row in session.entries("tool")]
    assert outputs[0] == [{"a": 1}]
    assert "Undumped" in outputs[1]


def test_what_can_t_be_read_is_a_warning(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One, and the stream continues."""

    def fail(*args: object) -> bool:
        raise RuntimeError("a bug")

    response = Response(session)
    response.begin()
    response.feed(chunk({"content": "a"}))
    dialect = response._dialect
    assert dialect is not None
    monkeypatch.setattr(dialect, "feed", fail)
    monkeypatch.setattr(dialect, "finish", fail)
    response.feed(chunk({"content": "b"}))
    response.finish()

    assert len(session.warnings) == 1
    assert "a bug" in session.warnings[0]


@pytest.mark.parametrize("shape", [list, as_objects])
@pytest.mark.parametrize(
    "items",
    [
        [{**CHAT_WHOLE, "model": "gpt-6"}],
        [{**chunk({"content": word}), "model": "gpt-6"} for word in ("a", "b")],
        [{"type": "response.created", "response": {"model": "gpt-6"}}],
        [{"object": "response", "model": "gpt-6", "status": "completed", "output": []}],
        [{"type": "message_start", "message": {"id": "m", "model": "gpt-6"}}],
        [{"type": "message", "model": "gpt-6", "content": [], "stop_reason": "end_turn"}],
    ],
)
def test_the_model_that_responds_is_the_sessions(
    session: FakeSession, items: list[Any], shape: Any
) -> None:
    """Told once, and again for another one; a subagent's stands with its counters."""
    for _ in range(2):
        published(session, shape(items))
    assert session.view.model == "gpt-6"
    assert sum(isinstance(each, SessionChanged) for each in session.events) == 1


def test_a_response_says_how_much_context_is_used(session: FakeSession) -> None:
    """The newest one of the agent's own: its request and its answer."""
    published(session, ANTHROPIC)
    assert session.view.usage["context"] == {"used": 120}
    before = session.view.usage["context"]
    with session.tool("task"):
        published(session, [{**CHAT_WHOLE, "model": "small"}])
    assert (session.view.usage["context"], session.view.model) == (before, None)
