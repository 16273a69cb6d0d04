"""What one connection costs: slices, order, congestion, and snapshots that are shared."""

from __future__ import annotations

from dataclasses import replace

from lashd.limits import DaemonLimits
from lashd.wire_limits import MIB
from tests.daemon.hub.hub_harness import HubHarness, kinds


def big_session(harness: HubHarness, name: str = "s", size: int = 3 * MIB) -> None:
    publisher = harness.publisher(name, name)
    while size > 0:
        publisher.prose("y" * 500_000)
        size -= 500_000


def test_no_more_than_asked_for_is_given_and_a_snapshot_is_one_frame() -> None:
    """A large frame goes out in pieces of any size and arrives whole."""
    harness = HubHarness()
    big_session(harness)
    viewer = harness.viewer()
    assert viewer.receive_once(100_000) == 100_000
    assert viewer.receive_once(1) == 1
    assert kinds(viewer.receive(7777)) == ["attached", "observation", "synced"]


def test_readers_at_one_position_share_one_snapshot() -> None:
    """Fifty readers that are taking it cost as much memory as one."""
    harness = HubHarness()
    big_session(harness)
    viewers = [harness.viewer() for _ in range(50)]
    for viewer in viewers:
        viewer.receive_once(1000)
    assert 3 * MIB <= harness.hub._snapshot_budget.total <= 4 * MIB
    for viewer in viewers:
        assert "observation" in kinds(viewer.receive())
    assert harness.hub._snapshot_budget.total == 0


def test_over_the_bound_the_readers_of_the_stalest_snapshot_are_closed() -> None:
    """The reader that took the newer one is not disturbed."""
    harness = HubHarness(replace(DaemonLimits(), max_pending_snapshots=5 * MIB))
    big_session(harness, "a")
    big_session(harness, "b")
    stalled, other = harness.viewer("a"), harness.viewer("b")
    stalled.receive_once(1000)
    assert stalled.connection.aborted
    assert not other.connection.aborted
    assert "observation" in kinds(other.receive())
    assert harness.hub._snapshot_budget.total == 0


def test_a_lost_reader_gives_its_snapshot_back() -> None:
    """What it had not taken counts no longer."""
    harness = HubHarness()
    big_session(harness)
    viewer = harness.viewer()
    viewer.receive_once(1000)
    viewer.disconnect()
    assert harness.hub._snapshot_budget.total == 0


def test_a_client_that_takes_no_replies_is_not_read_any_more() -> None:
    """Its requests wait in its own socket; once it reads, all are answered."""
    harness = HubHarness()
    big_session(harness)
    client = harness.connect()
    for _ in range(100):
        client.send(type="show", session_id="s")
    assert client.connection.congested
    assert len(client.connection._queue) < 10
    assert kinds(client.receive()) == ["observation"] * 100


def test_pong_comes_between_two_records() -> None:
    """A reader can tell a slow snapshot from a silent daemon; no record is torn apart."""
    harness = HubHarness()
    big_session(harness)
    viewer = harness.viewer()
    viewer.receive_once(50_000)
    viewer.send(type="ping")
    assert sorted(kinds(viewer.receive())) == ["attached", "observation", "pong", "synced"]


def test_an_abort_sends_nothing_more() -> None:
    """Queued replies are dropped and the connection can be closed at once."""
    harness = HubHarness()
    client = harness.connect()
    client.connection.send({"type": "x"})
    client.connection.abort()
    assert client.receive() == []
    assert client.connection.finished
