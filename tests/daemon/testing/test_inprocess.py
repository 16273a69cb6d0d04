"""A party at a hub in the same process."""

from __future__ import annotations

from tests.daemon.testing.audit.notes import Scene


def test_a_line_carries_both_ways_until_there_is_nothing_more() -> None:
    """In pieces of any size, and no further once it is lost."""
    scene = Scene()
    publisher, reader = scene.publisher("p1"), scene.reader("a")
    lines = [scene.line(publisher), scene.line(reader)]
    publisher.say("hello")
    for line in lines:
        line.exchange(max_bytes=3)
    assert (publisher.settled, reader.events) == (True, 2)

    for line in lines:
        line.lose()
        line.exchange()
    assert scene.hub.connections == {}


def test_a_line_ends_with_its_connection() -> None:
    """When the daemon is done with it, the party learns that it is lost."""
    scene = Scene()
    publisher = scene.publisher("p1")
    line = scene.line(publisher)
    scene.hub.stop()
    line.exchange()

    assert not line.open
