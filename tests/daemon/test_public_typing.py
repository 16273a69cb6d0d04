"""What a type checker knows of the public surface: mypy checks this file, running it is nothing.

The wrappers must not cost a user's types: a watched stream has the type of the stream, a watched
function the signature of the function, a tool's result the type of the value.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Self, assert_type

import pytest

from lashd import (
    AgentSession,
    Publisher,
    SessionHandler,
    ToolCall,
    Turn,
    current_session,
    watched,
)
from lashd.publish.processes import Processes
from lashd.publish.queue import Queue


class Chunk:
    """Of an SDK."""


class ChunkStream:
    """Of an SDK, with a method of its own."""

    def __iter__(self) -> Iterator[Chunk]:
        return iter([Chunk()])

    def get_final_message(self) -> str:
        """Its last word."""
        return "x"


class AsyncChunkStream:
    """The async one."""

    def __aiter__(self) -> AsyncIterator[Chunk]:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None: ...


@watched("typed", user="question", title="T", agent="a", start_daemon=False)
def answer(question: str, *, loud: bool = False) -> int:
    """An agent."""
    assert_type(current_session(), AgentSession)
    return 1


@watched()
async def answer_async(question: str) -> list[int]:
    """An async agent."""
    return [1]


@watched("typed")
def answer_in_pieces(question: str) -> Iterator[str]:
    """An agent that yields."""
    yield question


def use(session: Publisher) -> None:
    """Everything that a publisher offers."""
    with session.turn("x") as turn:
        assert_type(turn, Turn)
        session.user("x")
        session.prose("x")
        session.prose("x", plain=True)
        session.reasoning("x")
        with session.tool("t", {"a": 1}, id="i", parent="p") as call:
            assert_type(call, ToolCall)
            assert_type(call.id, str)
            assert_type(call.parent, str | None)
            assert_type(call.result([1]), list[int])
            call.fail("x", {"p": 1})
            call.cancel()
        assert_type(session.queue, Queue)
        assert_type(session.queue.enqueue("x", id=1, delivery="d"), str)
        session.queue.deliver("a", "b")
        session.queue.cancel("a")
        assert_type(session.process, Processes)
        assert_type(session.process.started("x", id=5, tool_call_id="c"), str)
        session.process.exited("p", 1, "SIGTERM")
        session.process.cancelled("p")
        session.usage(input_tokens=1, output_tokens=2, cost_usd=0.5, mine=3)
        session.usage({"prompt_tokens": 1}, model="m", context_used=5, context_size=9)
        session.error(ValueError("x"))
        session.waiting("x")
        session.resumed()
        session.plan(["a", ("b", "completed"), {"text": "c"}])
        session.diagnostic("k", object())
        session.retry("x", attempt=1, max_attempts=2, wait_seconds=0.5)
        session.commit()
        for chunk in session.watch(ChunkStream()):
            assert_type(chunk, Chunk)
        assert_type(session.watch(ChunkStream()).get_final_message(), str)
    session.error("x", "y")  # type: ignore[call-arg]
    session.turn(user="x", what=1)  # type: ignore[call-arg]
    assert_type(SessionHandler(session, "INFO", error_level=50), SessionHandler)


async def use_async(session: Publisher) -> None:
    """The same of an async program."""
    async with session, session.turn() as turn, session.tool("t") as call:
        assert_type(turn, Turn)
        assert_type(call, ToolCall)
        async for chunk in session.watch(AsyncChunkStream()):
            assert_type(chunk, Chunk)
        async with session.watch(AsyncChunkStream()) as stream:
            assert_type(stream, AsyncChunkStream)


async def use_agents() -> None:
    """A watched function is what it was."""
    assert_type(answer("x", loud=True), int)
    assert_type(await answer_async("x"), list[int])
    assert_type(answer_in_pieces("x"), Iterator[str])
    answer(5)  # type: ignore[arg-type]
    answer()  # type: ignore[call-arg]
    await answer_async(question=1)  # type: ignore[arg-type]


def test_watched_functions_keep_their_names() -> None:
    """For people who look."""
    assert [each.__name__ for each in (answer, answer_async, answer_in_pieces)] == [
        "answer",
        "answer_async",
        "answer_in_pieces",
    ]


def test_a_bare_decorator_is_a_mistake() -> None:
    """For the type checker and at run time."""
    with pytest.raises(TypeError, match="parentheses"):

        @watched  # type: ignore[arg-type]
        def forgot() -> None: ...
