"""Each connection is looked at once, however often and for whatever reason it was marked."""

from __future__ import annotations

from lashd.hub.dirty import DirtySet
from tests.daemon.hub.hub_harness import HubHarness


def test_a_connection_is_taken_once_however_often_it_is_marked() -> None:
    """By itself, and as a viewer of a session that changed."""
    harness = HubHarness()
    harness.publisher().create()
    viewer, other = harness.viewer().connection, harness.viewer().connection
    session = harness.hub.sessions.by_id["s"]
    dirty = DirtySet()
    dirty.mark(other)
    dirty.mark(other)
    dirty.mark_viewers(session)
    assert dirty
    taken = dirty.take()
    assert taken[0] is other
    assert set(taken) == {viewer, other}
    assert len(taken) == 2
    assert not dirty
    assert dirty.take() == []


def test_viewers_are_those_at_the_moment_of_taking() -> None:
    """One that left after the change is not looked at."""
    harness = HubHarness()
    harness.publisher().create()
    viewer = harness.viewer()
    session = harness.hub.sessions.by_id["s"]
    dirty = DirtySet()
    dirty.mark_viewers(session)
    viewer.disconnect()
    assert dirty.take() == []
