"""What turns, calls and stream proxies need of a session."""

from __future__ import annotations

from lashd.publish.scopes import Turn
from lashd.publish.sink import AgentSink
from tests.daemon.publish.fake_session import FakeSession


def test_a_session_is_a_sink() -> None:
    """The checker compares the two; a turn needs no more than a sink."""
    session = FakeSession()
    sink: AgentSink = session

    with Turn(sink, "hi"):
        pass

    assert session.view.turn_index == 1
