"""What is cut for one reader is there for all at its position."""

from __future__ import annotations

from tests.daemon.hub.hub_harness import House


def test_readers_at_one_position_get_the_same_bytes_object() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a", "b", "c")
    room = house.hub.registry.rooms["s"]
    first, second = room.read(1, 100_000, None), room.read(1, 100_000, None)
    assert first is not None
    assert second is not None
    assert first.blob is second.blob
    assert first.last == 4
    assert first.cursor == house.sessions()["s"]["cursor"]


def test_a_cut_is_not_used_for_a_smaller_or_a_much_larger_appetite() -> None:
    house = House()
    house.publisher().say("a", "b", "c")
    room = house.hub.registry.rooms["s"]
    small = room.read(1, 1, None)
    assert small is not None
    assert small.last == 2
    large = room.read(1, 100_000, None)
    assert large is not None
    assert large.last == 4
    again = room.read(1, 1, None)
    assert again is not None
    assert again.last == 2


def test_at_the_tail_there_is_nothing() -> None:
    house = House()
    house.publisher().say("a")
    room = house.hub.registry.rooms["s"]
    assert room.read(room.tail, 1000, None) is None


def test_only_a_few_sessions_keep_their_encoded_snapshot() -> None:
    """Whoever shows all sessions one after the other must not make the daemon hold them all."""
    house = House()
    peer = house.connect()
    for number in range(20):
        house.publisher(f"s{number}", "p").say("x")
        peer.ask(type="show", session_id=f"s{number}")
    kept = [room for room in house.hub.registry.rooms.values() if room.host._encoded is not None]
    assert [room.session_id for room in kept] == [f"s{number}" for number in range(12, 20)]
    house.after(10)
    assert all(room.host._encoded is None for room in kept)


def test_release_keeps_nothing_for_nobody() -> None:
    house = House()
    house.publisher().say("a")
    room = house.hub.registry.rooms["s"]
    room.read(0, 1000, None)
    room.release()
    assert room._cut is None
