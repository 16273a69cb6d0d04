"""Watched streams: the agent gets what it would have got, and the session gets a copy."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.daemon.publish.fake_session import FakeSession
from tests.daemon.publish.sdk.sdk_objects import (
    ANTHROPIC,
    ANTHROPIC_WHOLE,
    CHAT,
    CHAT_WHOLE,
    RESPONSE,
    RESPONSES,
    AsyncManager,
    AsyncStream,
    Manager,
    Stream,
    as_objects,
    block_delta,
    block_event,
    chunk,
    delta_event,
)


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


def is_shown(session: FakeSession) -> bool:
    """All of the response is."""
    shown = session.shown()
    return (
        ("prose", "I will look.") in shown
        and ("tool", "ls") in shown
        and session.view.usage.get("total", {}).get("output_tokens") == 20
    )


class TestSync:
    """Streams of ordinary programs."""

    @pytest.mark.parametrize("shape", [list, as_objects])
    @pytest.mark.parametrize("items", [CHAT, RESPONSES, ANTHROPIC])
    def test_the_very_objects_come_out(
        self, session: FakeSession, items: list[Any], shape: Callable[[list[Any]], list[Any]]
    ) -> None:
        """One by one, as they are read."""
        given = shape(items)
        got = list(session.watch(Stream(given)))

        assert all(one is other for one, other in zip(got, given, strict=True))
        assert is_shown(session)

    def test_nothing_is_read_ahead(self, session: FakeSession) -> None:
        """The stream is the agent's, in its own time; what was read is there at once."""
        stream = Stream(CHAT)
        watched = session.watch(stream)
        assert stream.consumed == []
        for _ in range(4):
            next(watched)

        assert len(stream.consumed) == 4
        assert session.entries("prose")[0].text == "I will "
        assert session.view.state == "running"

    def test_a_generator_is_a_stream(self, session: FakeSession) -> None:
        """And is closed as one."""
        closed = []

        def generate() -> Iterator[Any]:
            try:
                yield from CHAT
            finally:
                closed.append(True)

        watched = session.watch(generate())
        next(watched)
        watched.close()  # type: ignore[attr-defined]

        assert closed == [True]

    def test_the_rest_of_the_stream_is_there(self, session: FakeSession) -> None:
        """Attributes, methods, errors about those it has not."""
        stream = Stream(CHAT)
        watched = session.watch(stream)

        assert watched.response == "the http response"
        watched.close()
        assert stream.closed
        assert "Stream object" in repr(watched)
        with pytest.raises(AttributeError, match="nonsense"):
            _ = watched.nonsense  # type: ignore[attr-defined]

    def test_its_context_manager_is_its_own(self, session: FakeSession) -> None:
        """What is entered is still watched; leaving early publishes what was counted."""
        stream = Stream(ANTHROPIC)
        with session.watch(stream) as events:
            for event in events:
                if event["type"] == "ping":
                    break

        assert stream.closed
        assert session.view.usage["total"]["output_tokens"] == 1

    def test_a_manager_hands_out_a_watched_stream(self, session: FakeSession) -> None:
        """As `messages.stream()` does."""
        manager = Manager(Stream(ANTHROPIC))
        with session.watch(manager) as stream:
            assert stream.get_final_message() == f"{len(ANTHROPIC)} events"

        assert manager.stream.closed
        assert is_shown(session)

    def test_text_streams_are_watched(self, session: FakeSession) -> None:
        """Though the SDK's own would read past us."""
        with session.watch(Manager(Stream(ANTHROPIC))) as stream:
            assert list(stream.text_stream) == ["I will ", "look."]

        assert is_shown(session)

    def test_an_exception_in_the_middle_goes_on(self, session: FakeSession) -> None:
        """The very one; with the turn it is an error."""
        error = ConnectionError("reset")
        with (
            pytest.raises(ConnectionError) as raised,
            session.turn("x"),
            session.watch(Stream(ANTHROPIC[:10], error)) as stream,
        ):
            list(stream)

        assert raised.value is error
        assert session.shown()[-3:] == [
            ("diagnostic", "stream_failed"),
            ("error", "ConnectionError: reset"),
            ("commit", None),
        ]
        assert session.view.outcome == "failure"

    def test_an_agents_own_exception_is_no_failure_of_the_stream(
        self, session: FakeSession
    ) -> None:
        """It is left early, with half a call perhaps."""

        def use(event: dict[str, Any]) -> None:
            if event["type"] == "input_json":
                raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"), session.watch(Stream(ANTHROPIC)) as stream:
            list(map(use, stream))

        assert session.entries("diagnostic", "tool") == []

    def test_an_iterable_may_be_read_once_it_is_wanted(self, session: FakeSession) -> None:
        """One that is not an iterator itself."""

        class Once:
            def __iter__(self) -> Iterator[Any]:
                return iter(CHAT)

        assert list(session.watch(Once())) == CHAT
        assert is_shown(session)

    def test_watching_twice_is_watching_once(self, session: FakeSession) -> None:
        """By the same session."""
        watched = session.watch(Stream(CHAT))
        assert session.watch(watched) is watched
        list(watched)

        assert [row.text for row in session.entries("prose")] == ["I will look."]


class TestAsync:
    """Streams of async programs."""

    @pytest.mark.parametrize("items", [CHAT, RESPONSES, ANTHROPIC])
    async def test_the_very_objects_come_out(self, session: FakeSession, items: list[Any]) -> None:
        """One by one."""
        got = [item async for item in session.watch(AsyncStream(items))]

        assert all(one is other for one, other in zip(got, items, strict=True))
        assert is_shown(session)

    async def test_managers_texts_and_last_messages(self, session: FakeSession) -> None:
        """As of the ordinary ones."""
        manager = AsyncManager(AsyncStream(ANTHROPIC))
        async with session.watch(manager) as stream:
            words = [word async for word in stream.text_stream]
            assert await stream.get_final_message() == f"{len(ANTHROPIC)} events"

        assert words == ["I will ", "look."]
        assert manager.stream.sync.closed
        assert is_shown(session)

    async def test_what_must_be_awaited_first_is_accepted(self, session: FakeSession) -> None:
        """`watch(client.create(...))` as well as `watch(await client.create(...))`."""

        async def create() -> AsyncStream:
            return AsyncStream(CHAT)

        async def create_whole() -> dict[str, Any]:
            return CHAT_WHOLE

        stream = await session.watch(create())
        assert [item async for item in stream] == CHAT
        assert await session.watch(create_whole()) is CHAT_WHOLE
        assert len(session.entries("prose")) == 2

    async def test_an_async_generator_is_a_stream(self, session: FakeSession) -> None:
        """With an exception in the middle."""

        async def generate() -> AsyncIterator[Any]:
            for item in CHAT[:5]:
                yield item
            raise TimeoutError("60 s")

        with pytest.raises(TimeoutError):
            _ = [item async for item in session.watch(generate())]

        assert session.entries("prose")[0].text == "I will look."
        assert session.entries("diagnostic")[0].name == "stream_failed"

    async def test_a_cancelled_reader_leaves_nothing_running(self, session: FakeSession) -> None:
        """Not even the provider's tools; it is no failure of the stream."""

        async def generate() -> AsyncIterator[Any]:
            for item in RESPONSES[:13]:
                yield item
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            _ = [item async for item in session.watch(generate())]

        assert [(row.name, row.state) for row in session.entries("tool")] == [
            ("web_search", "cancelled")
        ]
        assert session.entries("diagnostic") == []

    async def test_a_stream_is_what_it_was(self, session: FakeSession) -> None:
        """Agents ask whether it is async."""

        class Both(Stream):
            """Like LiteLLM's."""

            def __aiter__(self) -> AsyncIterator[Any]:
                return self

            async def __anext__(self) -> Any:
                return next(self)

        sync, other = session.watch(Stream(CHAT)), session.watch(AsyncStream(CHAT))
        both = session.watch(Both(CHAT))

        assert hasattr(sync, "__iter__")
        assert not hasattr(sync, "__aiter__")
        assert hasattr(other, "__aiter__")
        assert not hasattr(other, "__iter__")
        assert next(both) is CHAT[0]
        assert await anext(both) is CHAT[1]
        assert both.get_final_message is not None
        assert not inspect.iscoroutine(both)


class TestWhole:
    """Responses that were not streamed."""

    @pytest.mark.parametrize("shape", [dict, as_objects])
    @pytest.mark.parametrize("response", [CHAT_WHOLE, RESPONSE, ANTHROPIC_WHOLE])
    def test_they_are_published_and_handed_back(
        self, session: FakeSession, response: dict[str, Any], shape: Callable[[Any], Any]
    ) -> None:
        """The very object."""
        given = shape(response)

        assert session.watch(given) is given
        assert is_shown(session)

    def test_a_list_is_published_at_once(self, session: FakeSession) -> None:
        """It stays a list."""
        assert session.watch(CHAT) is CHAT
        assert is_shown(session)

    @pytest.mark.parametrize("thing", [None, 5, object(), {"a": 1}, {1}, TestSync])
    def test_anything_else_is_handed_back(self, session: FakeSession, thing: object) -> None:
        """With a remark that it was not understood."""
        assert session.watch(thing) is thing
        assert session.entries("diagnostic")[0].name == "unknown_stream"

    def test_text_is_an_answer(self, session: FakeSession) -> None:
        """Of any compatible SDK."""
        assert session.watch("Hello") == "Hello"
        assert session.shown() == [("prose", "Hello")]

    def test_what_can_t_even_be_looked_at_is_handed_back(self, session: FakeSession) -> None:
        """With a warning at most."""

        class Meta(type):
            def __getattr__(cls, name: str) -> Any:
                raise RuntimeError(name)

        class Trap(metaclass=Meta):
            pass

        trap = Trap()
        assert session.watch(trap) is trap
        assert len(session.warnings) == 1


def test_the_models_call_and_the_agents_run_are_one(session: FakeSession) -> None:
    """The whole loop, as an agent has it."""
    with session.turn("what is here?"):
        calls = []
        for item in session.watch(Stream(as_objects(CHAT))):
            for choice in item.choices:
                calls += [call.function for call in choice.delta.tool_calls or ()]
        assert [call.name for call in calls if call.name] == ["ls", "cat"]
        with session.tool("cat", '{"f": 1}') as call:
            call.result("text")
        with session.tool("ls", {"path": "."}) as call:
            call.fail("no such directory")
        session.watch(["There is nothing."])

    assert [(row.id, row.name, row.state) for row in session.entries("tool")] == [
        ("call_a", "ls", "failure"),
        ("call_b", "cat", "success"),
    ]
    assert session.view.outcome == "success"


JUNK: st.SearchStrategy[Any] = (
    st.none() | st.integers() | st.text(max_size=3) | st.just({}) | st.just([None, {}, "x"])
)


def damaged(value: Any, draw: st.DrawFn) -> Any:
    """A copy with junk here and there."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    if isinstance(value, dict):
        return {key: damaged(item, draw) for key, item in value.items()}
    if isinstance(value, list):
        return [damaged(item, draw) for item in value]
    return value


@st.composite
def damaged_streams(draw: st.DrawFn) -> list[Any]:
    """A recorded stream whose objects are lost, repeated, swapped and damaged."""
    streams: list[list[Any]] = [CHAT, RESPONSES, ANTHROPIC]
    items = draw(st.sampled_from(streams))
    order = draw(st.lists(st.integers(0, len(items) - 1), max_size=25))
    found = [damaged(items[place], draw) for place in order]
    return cast(list[Any], as_objects(found)) if draw(st.booleans()) else found


@settings(max_examples=150, deadline=None)
@given(damaged_streams())
def test_a_damaged_stream_is_the_agents_business(items: list[Any]) -> None:
    """It gets every object; nothing raises, and no warning shows a bug."""
    session = FakeSession()
    with session.turn("x"):
        assert all(
            one is other for one, other in zip(session.watch(iter(items)), items, strict=True)
        )

    assert session.warnings == []
    assert all(row.state != "running" for row in session.entries())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=12), st.sampled_from(["chat", "message", "response"]))
def test_the_prose_is_the_agents_text(words: list[str], dialect: str) -> None:
    """Character for character, once, however it was cut into pieces."""
    text = "".join(words)
    deltas: dict[str, list[Any]] = {
        "chat": [chunk({"content": word}) for word in words],
        "message": [
            block_event("start", 0, content_block={"type": "text", "text": ""}),
            *(block_delta(0, "text_delta", text=word) for word in words),
            block_event("stop", 0),
        ],
        "response": [
            *(
                delta_event("response.output_text.delta", "msg_1", word, content_index=0)
                for word in words
            ),
            {
                "type": "response.output_text.done",
                "item_id": "msg_1",
                "content_index": 0,
                "text": text,
            },
        ],
    }
    session = FakeSession()
    list(session.watch(iter(deltas[dialect])))

    shown = "".join(row.text or "" for row in session.entries("prose"))
    assert shown == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
