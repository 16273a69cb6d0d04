"""Each connection and session is looked at once, however often it was marked."""

from __future__ import annotations

from lashd.hub.dirty import DirtySet
from tests.daemon.hub.hub_harness import HubHarness


def test_each_is_taken_once_however_often_it_is_marked() -> None:
    """Connections and sessions apart, the oldest mark first."""
    harness = HubHarness()
    harness.publisher().create()
    viewer, other = harness.viewer().connection, harness.viewer().connection
    session = harness.hub.sessions.by_id["s"]
    dirty = DirtySet()
    assert not dirty
    for connection in (other, viewer, other):
        dirty.mark(connection)
    dirty.mark_session(session)
    dirty.mark_session(session)
    assert dirty
    assert dirty.take() == [other, viewer]
    assert dirty
    assert dirty.take_sessions() == [session]
    assert not dirty
    assert dirty.take() == []
    assert dirty.take_sessions() == []
