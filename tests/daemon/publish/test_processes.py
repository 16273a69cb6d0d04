"""Processes that an agent runs in the background."""

from __future__ import annotations

import pytest

from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


def test_processes_end_in_three_ways(session: FakeSession) -> None:
    """By themselves, well or badly, or stopped."""
    made = session.process.started("npm run dev")
    for number in range(4):
        session.process.started(f"p{number}", id=number)
    session.process.exited(0, 0)
    session.process.exited(1, exit_code=3)
    session.process.exited(2, -15)
    session.process.cancelled(3)

    found = {row.process_id: (row.label, row.state) for row in session.view.processes}
    assert found == {
        made: ("npm run dev", "running"),
        "0": ("p0", "exited"),
        "1": ("p1", "failed"),
        "2": ("p2", "failed"),
        "3": ("p3", "cancelled"),
    }
    assert session.view.processes[3].signal == "SIGTERM"
    assert session.view.processes[2].exit_code == 3


def test_an_exit_without_a_code_is_no_failure(session: FakeSession) -> None:
    """A named signal is one."""
    session.process.started(id="a")
    session.process.started(id="b")
    session.process.exited("a")
    session.process.exited("b", signal="SIGSEGV")

    assert [row.state for row in session.view.processes] == ["exited", "failed"]


def test_a_process_belongs_to_the_call_that_started_it(session: FakeSession) -> None:
    """The one around it, or the one that is named."""
    with session.tool("bash") as call:
        session.process.started("x", id="a")
    session.process.started("y", id="b", tool_call_id="elsewhere")

    assert [row.tool_call_id for row in session.view.processes] == [call.id, "elsewhere"]


def test_odd_codes_and_ids_are_accepted(session: FakeSession) -> None:
    """Codes that are not numbers, ids of any type, signals that don't exist."""
    odd = object()
    session.process.started(odd, id=odd)
    session.process.exited(odd, "three")  # type: ignore[arg-type]
    session.process.started(id="k")
    session.process.exited("k", -999)

    assert [row.state for row in session.view.processes] == ["exited", "failed"]
    assert session.view.processes[1].signal == "999"
    assert session.warnings == []
