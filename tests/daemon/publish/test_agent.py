"""An agent's own words: what each shows, and that none of them ever raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.publish.bounds import MAX_HELD, MAX_PIECE
from lashd.session.events import ChildUsage, Error, RuntimeDiagnostic, SessionChanged
from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


class Hostile:
    """Raises whenever it is looked at."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    __hash__ = None  # type: ignore[assignment]


class TestWords:
    """What each of them shows."""

    def test_text_continues_its_entry(self, session: FakeSession) -> None:
        """Until something else is shown; plain text and Markdown are separate entries."""
        session.reasoning("let ")
        session.reasoning("me")
        session.prose("He")
        session.prose("llo")
        session.prose("$ ls\n", plain=True)
        session.user("go on")
        session.prose("again")

        assert session.shown() == [
            ("reasoning", "let me"),
            ("prose", "Hello"),
            ("prose", "$ ls\n"),
            ("user", "go on"),
            ("prose", "again"),
        ]
        assert session.entries("prose")[1].format == "plain"

    def test_text_within_a_call_begins_a_new_entry_after_something_else(
        self, session: FakeSession
    ) -> None:
        """Plain and Markdown are apart there too."""
        with session.tool("task"):
            session.prose("a")
            session.prose("b")
            session.user("u")
            session.prose("c")
            session.prose("d", plain=True)

        assert [row.text for row in session.entries("prose")] == ["ab", "c", "d"]

    def test_long_text_is_split_and_nothing_is_lost(self, session: FakeSession) -> None:
        """Each piece is an event that fits."""
        session.prose("x" * (2 * MAX_PIECE + 1))

        assert len(session.events) == 3
        assert len(session.entries("prose")[0].text or "") == 2 * MAX_PIECE + 1

    def test_no_text_is_no_event(self, session: FakeSession) -> None:
        """Streams begin with empty pieces."""
        session.prose("")

        assert session.events == []

    def test_an_error_may_be_an_exception(self, session: FakeSession) -> None:
        """Then it is its type and message."""
        session.error(TimeoutError("60 s"))
        session.error("plain words")

        assert [row.text for row in session.entries("error")] == [
            "TimeoutError: 60 s",
            "plain words",
        ]

    def test_waiting_stands_until_resumed(self, session: FakeSession) -> None:
        """And shows what for."""
        session.waiting("approve `rm -rf build`?")
        assert (session.view.state, session.view.waiting_for) == (
            "waiting",
            "approve `rm -rf build`?",
        )

        session.resumed()
        assert session.view.state == "running"

    def test_a_retry_says_when_and_why(self, session: FakeSession) -> None:
        """Which attempt of how many."""
        session.retry("overloaded", attempt=2, max_attempts=5, wait_seconds=1.5)

        row = session.entries("retry")[0]
        assert row.text == "overloaded"
        assert row.output == {"wait_seconds": 1.5, "attempt": 2, "max_attempts": 5}

    def test_a_plan_takes_texts_pairs_and_maps(self, session: FakeSession) -> None:
        """And replaces the one before."""
        session.plan(["old"])
        session.plan(["look", ("fix", "in_progress"), {"content": "test", "status": "completed"}])

        assert session.view.plan == [
            {"text": "look", "status": "pending"},
            {"text": "fix", "status": "in_progress"},
            {"content": "test", "status": "completed"},
        ]

    def test_a_diagnostic_carries_any_data(self, session: FakeSession) -> None:
        """Made safe."""
        session.diagnostic("cache", {"hits": {1, 2}, "what": complex(1)})

        assert session.entries("diagnostic")[0].output == {"hits": [1, 2], "what": "(1+0j)"}


class TestUsage:
    """Counters from any source."""

    def test_counters_are_summed(self, session: FakeSession) -> None:
        """Under the given names; values that are not numbers are ignored."""
        session.usage(input_tokens=10, output_tokens=2, cost_usd=0.5, odd="x", extra=1)
        session.usage(input_tokens=5, reasoning_tokens=None)

        assert session.view.usage["total"] == {
            "input_tokens": 15,
            "output_tokens": 2,
            "cost_usd": 0.5,
            "extra": 1,
        }

    def test_an_sdks_counters_are_translated(self, session: FakeSession) -> None:
        """The SDK's object itself is accepted."""
        session.usage({"prompt_tokens": 7, "completion_tokens": 1}, cost_usd=1)

        assert session.view.usage["last"] == {
            "input_tokens": 7,
            "output_tokens": 1,
            "cost_usd": 1,
        }

    def test_a_calls_counters_are_a_subagents(self, session: FakeSession) -> None:
        """Kept apart from the agent's own."""
        with session.tool("task"):
            session.usage(input_tokens=3)

        assert session.view.usage == {"child": {"input_tokens": 3}}

    def test_a_model_and_its_context(self, session: FakeSession) -> None:
        """The model is told when it is another one, the context each time, with counters or not."""
        session.usage(input_tokens=3, model="m1", context_used=45_000, context_size=200_000)
        session.usage(context_used=46_000, model="m1")
        assert session.view.model == "m1"
        assert session.view.usage == {
            "total": {"input_tokens": 3},
            "last": {"input_tokens": 3},
            "context": {"used": 46_000, "size": 200_000},
        }
        assert len([each for each in session.events if isinstance(each, SessionChanged)]) == 1
        session.usage(model="m2")
        assert (session.view.model, session.view.usage["context"]) == ("m2", {"used": 46_000})

    def test_a_calls_model_and_context_are_a_subagents(self, session: FakeSession) -> None:
        """Its model stands with its counters; its context is not shown."""
        with session.tool("task"):
            session.usage(input_tokens=3, model="small", context_used=9)
            session.usage(context_used=9)

        assert (session.view.model, session.view.usage) == (None, {"child": {"input_tokens": 3}})
        events = [each.event for each in session.published(ChildUsage)]
        assert [each.model for each in events if isinstance(each, ChildUsage)] == ["small"]

    @pytest.mark.parametrize("odd", [-1, 1.5, float("nan"), 2**60, [], ""])
    def test_what_is_no_model_or_number_is_left_out(self, session: FakeSession, odd: Any) -> None:
        """And the counters count."""
        hostile: Any = Hostile()
        session.usage(input_tokens=3, model=odd, context_used=odd, context_size=hostile)
        session.usage(model=hostile)
        assert session.view.model is None
        assert session.view.usage == {"total": {"input_tokens": 3}, "last": {"input_tokens": 3}}

    def test_without_counters_nothing_is_published(self, session: FakeSession) -> None:
        """No empty event."""
        session.usage()
        session.usage(Hostile(), input_tokens=float("nan"))

        assert session.events == []


class TestRemarks:
    """What must not seem to begin a turn."""

    def test_a_remark_between_turns_waits_for_the_next(self, session: FakeSession) -> None:
        """The newest of them."""
        for number in range(MAX_HELD + 1):
            session.remark(Error(str(number)), 5)

        assert session.view.state == "idle"
        assert session.events == []
        assert len(session.held) == MAX_HELD
        assert session.held[0][0] == Error("1")

    def test_a_remark_within_a_turn_is_shown(self, session: FakeSession) -> None:
        """Where it was made."""
        with session.turn("x"), session.tool("t") as call:
            session.remark(RuntimeDiagnostic("log", 1), 5)

        row = session.entries("diagnostic")[0]
        assert (row.parent, row.started_at) == (call.id, 5)


def hostile_uses(session: FakeSession, value: Any) -> None:
    """Call everything that accepts a value with this one."""
    with session.turn(value):
        session.user(value)
        session.prose(value)
        session.prose(value, plain=value is not None)
        session.reasoning(value)
        with session.tool(value, value) as call:
            call.result(value)
        with session.tool("t", value, id=value, parent=value) as call:
            call.fail(value, value)
        with session.tool("u", [value]) as call:
            call.cancel(value)
        session.queue.deliver(session.queue.enqueue(value, id=value, delivery=value))
        session.queue.cancel(value)
        session.process.exited(session.process.started(value, id=value), value, value)
        session.process.exited(value, value)
        session.process.cancelled(value)
        session.usage(value, input_tokens=value, output_tokens=value, x=value)
        session.error(value)
        session.waiting(value)
        session.resumed()
        session.plan(value)
        session.plan([value, (value, value)])
        session.diagnostic(value, value)
        session.retry(value, attempt=value, max_attempts=value, wait_seconds=value)
        session.watch([value])


@pytest.mark.parametrize(
    "value",
    [
        None,
        Hostile(),
        "\ud800\x1b[31m",
        b"\xff",
        10**30,
        float("nan"),
        float("inf"),
        {"a": {"b": Hostile()}},
        ["x" * 3_000_000],
        {i: i for i in range(50_000)},
        object,
        lambda: 1,
    ],
    ids=range(12),
)
def test_nothing_raises_whatever_is_given(session: FakeSession, value: object) -> None:
    """Every value becomes an event that the daemon accepts, or a warning."""
    hostile_uses(session, value)

    assert session.view.turn_index == 1
    assert all(row.state != "running" for row in session.entries("tool"))
    assert session.warnings == []


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
        max_leaves=20,
    )
)
def test_no_plain_value_raises_or_is_lost(value: object) -> None:
    """For any of them."""
    session = FakeSession()
    hostile_uses(session, value)

    assert session.view.turn_index == 1
    assert session.warnings == []


def test_a_mistake_in_an_event_is_a_warning(session: FakeSession) -> None:
    """`send` is `publish` that never raises."""
    session.send("no event")  # type: ignore[arg-type]
    session.remark("no event")  # type: ignore[arg-type]
    session.user("x")
    session.remark("no event")  # type: ignore[arg-type]

    assert len(session.warnings) == 2
