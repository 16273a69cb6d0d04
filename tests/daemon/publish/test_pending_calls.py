"""A call that a model asked for and the run of it are one call."""

from __future__ import annotations

import threading

import pytest

from lashd.publish.bounds import MAX_CALLS
from lashd.publish.pending_calls import NO_RESULT
from lashd.session.events import ToolCallCompleted
from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


def test_the_run_joins_by_the_models_id(session: FakeSession) -> None:
    """One entry, which ends with the run."""
    session.pending_calls.add("c1", "ls", {"p": 1}, None)
    with session.tool("ls", {"p": 2}, id="c1") as call:
        call.result("x")

    assert call.id == "c1"
    assert len(session.entries("tool")) == 1
    assert session.called("ls").state == "success"


def test_without_an_id_by_name_and_arguments(session: FakeSession) -> None:
    """Parallel calls of one tool may run in any order."""
    session.pending_calls.add("c1", "ls", {"p": 1}, None)
    session.pending_calls.add("c2", "ls", {"p": 2}, None)

    assert session.tool("ls", '{"p": 2}').id == "c2"
    assert session.tool("ls", {"p": 1}).id == "c1"
    assert session.tool("ls", {"p": 1}).id not in ("c1", "c2")


def test_the_only_call_of_a_name_is_meant(session: FakeSession) -> None:
    """An agent may have filled in arguments; with several calls of a name it is ambiguous."""
    session.pending_calls.add("c1", "ls", {"p": 1}, None)
    assert session.tool("ls", {"p": 1, "cwd": "/"}).id == "c1"

    session.pending_calls.add("c2", "ls", {"p": 1}, None)
    session.pending_calls.add("c3", "ls", {"p": 2}, None)
    assert session.tool("ls", {"p": 3}).id not in ("c2", "c3")
    assert session.tool("ls").id == "c2"


def test_other_names_are_other_calls(session: FakeSession) -> None:
    """Always."""
    session.pending_calls.add("c1", "ls", None, None)

    assert session.tool("cat").id != "c1"


def test_what_was_never_run_is_closed_by_the_commit(session: FakeSession) -> None:
    """As cancelled, with a message that the result was not published."""
    with session.turn("x"):
        session.pending_calls.add("c1", "ls", None, None)

    row = session.called("ls")
    assert row.state == "cancelled"
    assert row.output["outcome"]["message"] == NO_RESULT


def test_a_failed_turn_closes_them_before_its_error(session: FakeSession) -> None:
    """So that the error stays the last word."""
    with pytest.raises(ValueError, match="x"), session.turn("x"):  # noqa: PT012
        session.pending_calls.add("c1", "ls", None, None)
        raise ValueError("x")

    assert session.called("ls").state == "cancelled"
    assert session.view.outcome == "failure"


def test_an_error_stays_the_last_word_of_its_turn(session: FakeSession) -> None:
    """The agent has said nothing since, so closing its calls makes no success of the failure."""
    session.pending_calls.add("c1", "ls", None, None)
    session.error("overloaded")
    session.commit()

    assert session.called("ls").state == "cancelled"
    assert session.shown()[1:] == [
        ("error", "overloaded"),
        ("error", "overloaded"),
        ("commit", None),
    ]
    assert session.view.outcome == "failure"


def test_an_error_stays_the_last_word_when_the_model_is_asked_again(session: FakeSession) -> None:
    """Asking is no word: if nothing comes of it, the turn has failed."""
    session.pending_calls.add("c1", "ls", None, None)
    session.error("overloaded")
    list(session.watch(iter(())))
    session.commit()

    assert session.view.outcome == "failure"


def test_no_error_is_repeated_without_need(session: FakeSession) -> None:
    """After a word of the agent, for a subagent's calls and where nothing is left open."""
    session.error("got over")
    session.pending_calls.add("c1", "ls", None, None)
    session.commit()
    assert session.view.outcome == "success"

    session.pending_calls.add("c2", "ls", None, "parent")
    session.error("overloaded")
    session.commit()
    assert session.view.outcome == "failure"
    assert session.shown().count(("error", "overloaded")) == 1

    session.commit()
    assert session.view.outcome == "success"


def test_only_its_own_are_closed_by_the_next_request(session: FakeSession) -> None:
    """Another thread's agent is still busy with its calls."""
    session.pending_calls.add("mine", "ls", None, None)
    thread = threading.Thread(target=session.pending_calls.add, args=("theirs", "cat", None, None))
    thread.start()
    thread.join()
    session.pending_calls.close(own=True)

    assert session.called("ls").state == "cancelled"
    assert session.called("cat").state == "running"


def test_a_call_that_is_announced_again_is_the_same(session: FakeSession) -> None:
    """Streams repeat."""
    session.pending_calls.add("c1", "ls", None, None)
    session.pending_calls.add("c1", "ls", None, None)

    assert len(session.entries("tool")) == 1


def test_their_number_is_bounded(session: FakeSession) -> None:
    """The oldest is closed."""
    for number in range(MAX_CALLS + 3):
        session.pending_calls.add(f"c{number}", "ls", None, None)

    assert len(session.published(ToolCallCompleted)) == 3
    assert session.pending_calls.claim("ls", None, "c0") is None
    assert session.pending_calls.claim("ls", None, "c3") == "c3"


def test_a_forked_child_is_not_held_up(session: FakeSession) -> None:
    """By a lock that a thread of its parent held."""
    session.pending_calls.add("c1", "ls", None, None)
    session.pending_calls._lock.acquire()
    session.pending_calls.after_fork()

    assert session.pending_calls.claim("ls", None, "c1") is None


def test_nothing_is_published_once_the_session_is_gone() -> None:
    """And nothing fails."""
    pending_calls = FakeSession().pending_calls
    pending_calls.add("c", "ls", None, None)
    pending_calls.close()

    assert pending_calls.claim("ls", None, "c") is None
