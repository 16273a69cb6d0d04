"""Turns and tool calls as context managers."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from collections.abc import Iterator

import anyio
import pytest

from lashd.session.events import ToolCallCompleted, ToolCallStarted
from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


class TestTurns:
    """A turn ends as its block does."""

    def test_a_clean_exit_commits(self, session: FakeSession) -> None:
        """What the person asked comes first."""
        with session.turn("do it"):
            assert session.view.state == "running"
            session.prose("done")

        assert session.shown() == [("user", "do it"), ("prose", "done"), ("commit", None)]
        assert session.view.outcome == "success"

    def test_a_turn_without_a_message_is_seen_at_once(self, session: FakeSession) -> None:
        """The agent works, though it said nothing yet."""
        with session.turn():
            assert session.view.state == "running"

        assert session.view.turn_index == 1

    def test_an_exception_fails_the_turn_and_goes_on(self, session: FakeSession) -> None:
        """With its type and message."""
        error = ValueError("bad input")
        with pytest.raises(ValueError, match="bad") as raised, session.turn("x"):  # noqa: PT012
            session.prose("half")
            raise error

        assert raised.value is error
        assert session.shown()[-2:] == [("error", "ValueError: bad input"), ("commit", None)]
        assert session.view.outcome == "failure"

    @pytest.mark.parametrize(
        "error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()]
    )
    def test_so_does_what_is_no_exception(self, session: FakeSession, error: BaseException) -> None:
        """An interrupt, an exit with a code, a cancellation."""
        with pytest.raises(type(error)), session.turn("x"):
            raise error

        assert session.view.outcome == "failure"

    def test_a_normal_exit_of_the_program_is_no_failure(self, session: FakeSession) -> None:
        """`sys.exit()` ends an agent that is done."""
        with pytest.raises(SystemExit), session.turn("x"):
            sys.exit()

        assert session.entries("error") == []
        assert session.view.turn_index == 1

    def test_a_turn_within_a_turn_commits_itself(self, session: FakeSession) -> None:
        """The outer one has nothing left to commit, unless something follows."""
        with session.turn():
            with session.turn("one"):
                session.prose("1")
            with session.turn("two"):
                session.prose("2")
        assert session.view.turn_index == 2

        with session.turn():
            with session.turn("three"):
                pass
            session.prose("after")
        assert session.view.turn_index == 4

    def test_an_exception_through_two_turns_is_published_once(self, session: FakeSession) -> None:
        """And fails one."""
        with pytest.raises(ValueError, match="x"), session.turn(), session.turn("in"):
            raise ValueError("x")

        assert len(session.entries("error")) == 1
        assert session.view.turn_index == 1
        assert session.view.outcome == "failure"

    def test_the_same_exception_fails_each_turn(self, session: FakeSession) -> None:
        """One object may be raised again and again."""
        error = ValueError("again")
        for _ in range(2):
            with pytest.raises(ValueError, match="again"), session.turn("x"):
                raise error

        assert len(session.entries("error")) == 2

    def test_a_turn_within_a_call_is_a_subagents(self, session: FakeSession) -> None:
        """It is shown under the call and commits nothing."""
        with session.turn("main"), session.tool("task") as task:
            with session.turn("sub"):
                session.prose("sub says")
            assert session.view.turn_index == 0

        assert session.view.turn_index == 1
        assert [row.parent for row in session.entries("user", "prose")] == [None, task.id, task.id]

    def test_a_session_that_was_ended_within_is_not_opened_again(
        self, session: FakeSession
    ) -> None:
        """By a commit after the end."""
        from lashd.session.events import SessionChanged, SessionChangeKind, SessionOutcome

        with session.turn("x"):
            session.publish(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))

        assert session.view.state == "ended"

    async def test_a_turn_is_an_async_context_manager_too(self, session: FakeSession) -> None:
        """With the same end."""
        with pytest.raises(KeyError):
            async with session.turn("x"), session.tool("t"):
                raise KeyError("k")

        assert session.called("t").state == "failure"
        assert session.view.outcome == "failure"


class TestCalls:
    """A tool call ends as its block does."""

    def test_a_result_is_shown_and_handed_back(self, session: FakeSession) -> None:
        """With its duration."""
        with session.tool("add", {"a": 1}) as call:
            assert session.called("add").state == "running"
            assert call.result(3) == 3

        row = session.called("add")
        assert (row.state, row.args, row.id) == ("success", {"a": 1}, call.id)
        assert row.output == {"outcome": {"status": "success", "payload": 3}}
        assert row.duration_ms is not None
        assert row.duration_ms >= 0

    def test_a_call_without_a_result_succeeds(self, session: FakeSession) -> None:
        """It may have none."""
        with session.tool("touch"):
            pass

        assert session.called("touch").state == "success"

    def test_a_failure_says_why(self, session: FakeSession) -> None:
        """And may carry what it gave all the same."""
        with session.tool("run") as call:
            call.fail("exit 3", {"stderr": "no"})

        assert session.called("run").output == {
            "outcome": {"status": "failure", "message": "exit 3", "payload": {"stderr": "no"}}
        }

    def test_an_exception_fails_the_call_whatever_was_said(self, session: FakeSession) -> None:
        """And is re-raised."""
        with pytest.raises(OSError, match="disk"), session.tool("write") as call:  # noqa: PT012
            call.result("fine")
            raise OSError("disk full")

        assert session.called("write").output == {
            "outcome": {"status": "failure", "message": "OSError: disk full"}
        }

    def test_a_cancellation_cancels_the_call(self, session: FakeSession) -> None:
        """It has not failed."""
        with pytest.raises(asyncio.CancelledError), session.tool("wait"):
            raise asyncio.CancelledError

        assert session.called("wait").state == "cancelled"

    def test_a_call_may_be_cancelled(self, session: FakeSession) -> None:
        """It was not allowed."""
        with session.tool("rm") as call:
            call.cancel("not allowed")

        assert session.called("rm").state == "cancelled"

    def test_a_call_may_be_used_without_a_block(self, session: FakeSession) -> None:
        """It begins when it is made, and ends once."""
        call = session.tool("poll")
        assert session.called("poll").state == "running"
        call.result(1)
        call.fail("too late")

        assert session.called("poll").state == "success"
        assert len(session.published(ToolCallCompleted)) == 1

    def test_calls_within_a_call_belong_under_it(self, session: FakeSession) -> None:
        """And so does everything else that is said there."""
        with session.turn("x"):
            session.prose("outside")
            with session.tool("outer") as outer:
                session.prose("in")
                with session.tool("inner") as inner:
                    session.reasoning("deep")
                session.prose("in again")
                session.error("hm")
                session.diagnostic("d")
            session.prose("outside again")

        assert [(row.text, row.parent) for row in session.entries("prose", "reasoning")] == [
            ("outside", None),
            ("in", outer.id),
            ("deep", inner.id),
            ("in again", outer.id),
            ("outside again", None),
        ]
        assert session.called("inner").parent == outer.id
        assert {row.parent for row in session.entries("error", "diagnostic")} == {outer.id}

    def test_a_parent_may_be_named(self, session: FakeSession) -> None:
        """For a thread that inherits nothing."""
        with session.tool("outer") as outer:
            pass
        with session.tool("later", parent=outer.id):
            pass

        assert session.called("later").parent == outer.id

    def test_other_sessions_calls_are_no_parents(self, session: FakeSession) -> None:
        """Each has its own."""
        other = FakeSession("other")
        with session.tool("ours") as ours, other.tool("theirs"), session.tool("ours too"):
            other.prose("x")

        assert other.called("theirs").parent is None
        assert session.called("ours too").parent == ours.id

    def test_long_arguments_are_not_repeated_at_the_end(self, session: FakeSession) -> None:
        """The entry has them from the start."""
        with session.tool("write", {"text": "x" * 50_000}):
            pass

        assert session.published(ToolCallCompleted)[0].event.args is None  # type: ignore[union-attr]
        assert len(session.called("write").args["text"]) == 50_000

    def test_json_text_of_arguments_is_parsed(self, session: FakeSession) -> None:
        """SDKs hand them out like that; other text stays text."""
        session.tool("a", '{"x": [1]}')
        session.tool("b", "ls -l")
        session.tool("c", "{no json")

        found = [session.called(name).args for name in "abc"]
        assert found == [{"x": [1]}, "ls -l", "{no json"]


class TestConcurrency:
    """Each thread and task nests its own calls."""

    async def test_tasks_don_t_mix_their_parents(self, session: FakeSession) -> None:
        """Nor their texts, though they write in turns."""
        meet = [anyio.Event(), anyio.Event()]

        async def work(number: int) -> None:
            async with session.tool(f"t{number}") as call:
                for word in ("one ", "two ", "three"):
                    session.prose(f"{number}-{word}")
                    await asyncio.sleep(0)
                meet[number].set()
                await meet[1 - number].wait()
                async with session.tool(f"in{number}"):
                    pass
                assert session.called(f"in{number}").parent == call.id

        async with anyio.create_task_group() as group:
            group.start_soon(work, 0)
            group.start_soon(work, 1)

        assert sorted(row.text or "" for row in session.entries("prose")) == [
            "0-one 0-two 0-three",
            "1-one 1-two 1-three",
        ]

    async def test_a_thread_of_to_thread_inherits_its_call(self, session: FakeSession) -> None:
        """As context variables do."""
        async with session.tool("outer") as outer:
            await asyncio.to_thread(lambda: session.tool("inner").result(1))

        assert session.called("inner").parent == outer.id

    def test_threads_have_no_parents_but_their_own(self, session: FakeSession) -> None:
        """A bare thread starts at the top, and many at once lose nothing."""

        def work(number: int) -> None:
            for step in range(20):
                with session.tool(f"t{number}"), session.tool(f"in{number}") as inner:
                    inner.result(step)

        with session.tool("outer"):
            threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        by_id = {row.id: row for row in session.entries("tool")}
        inner = [row for row in by_id.values() if str(row.name).startswith("in")]
        assert len(by_id) == 1 + 4 * 20 * 2
        assert all(by_id[str(row.parent)].name == str(row.name).replace("in", "t") for row in inner)
        assert all(row.state == "success" for row in by_id.values())

    def test_a_block_left_in_another_context_does_no_harm(self, session: FakeSession) -> None:
        """As generators do that others close."""

        def generate() -> Iterator[int]:
            with session.tool("g"):
                yield 1

        generator = generate()
        contextvars.copy_context().run(next, generator)
        generator.close()  # type: ignore[attr-defined]

        assert session.called("g").state == "success"

    def test_a_call_may_end_in_another_thread(self, session: FakeSession) -> None:
        """Once, in the thread that comes first."""
        call = session.tool("t")
        threads = [threading.Thread(target=call.result, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (
            len(session.published(ToolCallStarted))
            == len(session.published(ToolCallCompleted))
            == 1
        )
