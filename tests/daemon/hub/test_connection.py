"""What one connection costs: slices, order, congestion, and snapshots that are shared."""

from __future__ import annotations

from dataclasses import replace

from lashd.limits import MIB, DaemonLimits
from tests.daemon.hub.hub_harness import House, kinds


def big_session(house: House, name: str = "s", size: int = 3 * MIB) -> None:
    publisher = house.publisher(name, name)
    while size > 0:
        publisher.say("y" * 500_000)
        size -= 500_000


def test_no_more_than_asked_for_is_given_and_a_snapshot_is_one_frame() -> None:
    house = House()
    big_session(house)
    viewer = house.viewer()
    assert viewer.take_once(100_000) == 100_000
    assert viewer.take_once(1) == 1
    assert kinds(viewer.take(7777)) == ["attached", "observation", "synced"]


def test_readers_at_one_position_share_one_snapshot() -> None:
    house = House()
    big_session(house)
    viewers = [house.viewer() for _ in range(50)]
    for viewer in viewers:
        viewer.take_once(1000)
    assert 3 * MIB <= house.hub._ledger.total <= 4 * MIB
    for viewer in viewers:
        assert "observation" in kinds(viewer.take())
    assert house.hub._ledger.total == 0


def test_over_the_bound_the_readers_of_the_stalest_snapshot_are_closed() -> None:
    house = House(replace(DaemonLimits(), max_pending_snapshots=5 * MIB))
    big_session(house, "a")
    big_session(house, "b")
    stalled, other = house.viewer("a"), house.viewer("b")
    stalled.take_once(1000)
    assert stalled.link.aborted
    assert not other.link.aborted
    assert "observation" in kinds(other.take())
    assert house.hub._ledger.total == 0


def test_a_lost_reader_gives_its_snapshot_back() -> None:
    house = House()
    big_session(house)
    viewer = house.viewer()
    viewer.take_once(1000)
    viewer.lose()
    assert house.hub._ledger.total == 0


def test_who_does_not_take_replies_is_not_read_any_more() -> None:
    house = House()
    big_session(house)
    peer = house.connect()
    for _ in range(100):
        peer.send(type="show", session_id="s")
    assert peer.link.congested
    assert len(peer.link._queue) < 10
    assert kinds(peer.take()) == ["observation"] * 100


def test_pong_comes_between_two_records() -> None:
    house = House()
    big_session(house)
    viewer = house.viewer()
    viewer.take_once(50_000)
    viewer.send(type="ping")
    assert sorted(kinds(viewer.take())) == ["attached", "observation", "pong", "synced"]


def test_an_abort_sends_nothing_more() -> None:
    house = House()
    peer = house.connect()
    peer.link.send({"type": "x"})
    peer.link.abort()
    assert peer.take() == []
    assert peer.link.finished
