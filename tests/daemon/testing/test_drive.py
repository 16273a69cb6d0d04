"""The parties over real sockets, through faults, audited: the kit as a user puts it together."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashd.limits import DaemonLimits, StoreLimits
from lashd.server.embedded import EmbeddedDaemon
from lashd.testing.audit.auditor import Auditor
from lashd.testing.drive import Drive
from lashd.testing.faults import random_script
from lashd.testing.proxy import FaultProxy
from lashd.testing.scripted import ScriptedPublisher, ScriptedReader


@pytest.fixture
def daemon_limits() -> DaemonLimits:
    """A replay that readers fall out of."""
    return DaemonLimits(store=StoreLimits(max_events_per_session=150))


@pytest.mark.parametrize("seed", range(4))
def test_the_promise_holds_through_faults(daemon: EmbeddedDaemon, seed: int) -> None:
    """Two publishers and three readers, whose connections are cut, split, refused and reset."""
    auditor = Auditor()
    publishers = [
        ScriptedPublisher(name, "s", auditor.publisher(name, "s"), batch=4) for name in ("p", "q")
    ]
    readers = [
        ScriptedReader("s", auditor.reader(start, "s"), start=start)
        for start in ("start", "snapshot", "now")
    ]
    with (
        FaultProxy(daemon.socket_path, random_script(seed, 30)) as proxy,
        Drive(proxy.path, *publishers, *readers) as drive,
    ):
        for turn in range(200):
            for publisher in publishers:
                publisher.say("hello", "assistant_prose_delta" if turn % 3 else "user_message")
            if turn % 10 == 0:
                drive.step()
        drive.until(lambda: all(publisher.settled for publisher in publishers))
        last = max(publisher.number for publisher in publishers)
        publishers[0].say("the last")
        drive.until(lambda: all(_has_last(reader, last + 1) for reader in readers))

    assert auditor.finish() == []
    assert drive.connections > 5


def _has_last(reader: ScriptedReader, number: int) -> bool:
    return any(f"<p#{number}>" in str(record) for record in list(reader.records)[-5:])


def test_sessions_are_restored_at_the_next_daemon(private_dir: Path) -> None:
    """The daemon is replaced under the parties; readers get a gap and the whole session."""
    auditor = Auditor()
    publisher = ScriptedPublisher("p", "s", auditor.publisher("p", "s"))
    reader = ScriptedReader("s", auditor.reader("r", "s"))
    with Drive(private_dir / "s", publisher, reader) as drive:
        for incarnation in (1, 2, 3):
            with EmbeddedDaemon(socket_path=private_dir / "s", incarnation=incarnation):
                publisher.say("hello")
                drive.until(lambda: publisher.settled)
                drive.until(lambda: _has_last(reader, publisher.number))
        assert publisher.restored == 2

    assert auditor.finish() == []
    assert auditor.gaps == 2


def test_nothing_comes_of_it_in_time(private_dir: Path) -> None:
    """A test that waits for what never comes fails instead of hanging."""
    with (
        Drive(private_dir / "nobody", ScriptedReader("s")) as drive,
        pytest.raises(TimeoutError, match="nothing came of it"),
    ):
        drive.until(lambda: False, timeout=0.01)


def test_a_party_may_have_to_wait_for_its_next_connection(private_dir: Path) -> None:
    """Where nobody listens behind a proxy, it would connect as fast as it can."""
    with (
        FaultProxy(private_dir / "nobody") as proxy,
        Drive(proxy.path, ScriptedReader("s"), pause=3600.0) as drive,
    ):
        drive.until(lambda: drive.connections and not drive.connected)
        for _ in range(20):
            drive.step()
        assert drive.connections == 1
