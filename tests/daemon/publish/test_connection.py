"""A publisher's side of the protocol: restores, refusals, overflow."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.protocol.outbox import Outbox
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import (
    UserMessage,
)
from tests.daemon.publish.publisher_harness import (
    accept_open,
    ack,
    publisher,
    receive_append,
    texts,
)
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    socket_dir,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("quick")


class TestRestore:
    """What a daemon gets that does not know the session, or only a part of it."""

    def test_a_daemon_that_does_not_know_the_session_gets_its_view(self) -> None:
        """The view and its number first, then only newer events."""
        got: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            accept_open(peer)
            peer.send(ack(receive_append(peer, [])))
            peer.read()

        def second(peer: Peer) -> None:
            got.append(accept_open(peer))
            got.append(peer.read())
            peer.send({"type": "restored", "cursor": "lashsc1:0:1:s"})
            got.append(peer.read())
            peer.send(ack(3))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, title="T")
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.publish(UserMessage("2"))
            wait_until(lambda: len(got) == 2)
            one.publish(UserMessage("3"))
            wait_until(lambda: len(got) == 3)
            assert one.flush(20)
            one.close(0)

        restore, append = got[1], got[2]
        assert restore["type"] == "restore"
        assert restore["last"] == 2
        assert [entry["text"] for entry in restore["view"]["entries"]] == ["1", "2"]
        assert restore["view"]["title"] == "T"
        assert (append["type"], append["first"], len(append["events"])) == ("append", 3, 1)

    def test_a_view_that_was_not_taken_goes_with_the_next_append(self) -> None:
        """The session was created first; the past is not lost if nobody else publishes there."""
        got: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            accept_open(peer)
            peer.send(ack(receive_append(peer, [])))
            peer.read()

        def second(peer: Peer) -> None:
            accept_open(peer)
            assert peer.read()["type"] == "restore"
            peer.send({"type": "restored", "cursor": "lashsc1:0:1:s", "taken": False})
            got.append(peer.read())
            peer.send(ack(2))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, title="T")
            one.publish(UserMessage("1"))
            wait_until(lambda: len(got) == 1)
            assert one.flush(20)
            one.close(0)

        assert (got[0]["type"], got[0]["first"]) == ("append", 2)
        assert [event["type"] for event in got[0]["events"]] == ["session_changed"]
        assert [entry["text"] for entry in got[0]["view"]["entries"]] == ["1"]

    def test_a_daemon_that_can_not_place_it_gets_nothing_twice(self) -> None:
        """A mark says how many events may be missing."""
        got: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            accept_open(peer)
            receive_append(peer, [])

        def second(peer: Peer) -> None:
            peer.hello()
            peer.read()
            where = "lashsc1:4:0:s"
            opened = {"type": "opened", "known": True, "cursor": where, "sole": True}
            peer.send({**opened, "last": None})
            got.append(peer.read())
            peer.send(ack(got[0]["first"] + len(got[0]["events"]) - 1))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            wait_until(lambda: len(got) == 1)
            assert one.flush(20)
            one.close(0)

        [mark] = got[0]["events"]
        assert mark["activity"]["kind"] == "events_dropped"
        assert mark["activity"]["data"] == {"count": 1, "lost": 1}

    def test_a_refused_restore_goes_on_with_what_there_is(self) -> None:
        """And warns of it once."""
        warnings: list[str] = []
        seen: list[str] = []

        def first(peer: Peer) -> None:
            accept_open(peer)
            peer.send(ack(receive_append(peer, [])))
            peer.read()

        def second(peer: Peer) -> None:
            accept_open(peer)
            assert peer.read()["type"] == "restore"
            peer.send({"type": "error", "code": "invalid_view", "message": "too large"})
            peer.send(ack(receive_append(peer, seen)))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, on_warning=warnings.append)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.publish(UserMessage("2"))
            wait_until(lambda: seen == ["2"])
            assert one.flush(20)
            one.close(0)

        assert ["too large" in warning for warning in warnings] == [True]

    def test_a_session_with_a_past_is_not_called_complete(self) -> None:
        """This publisher can't restore what others published."""
        views: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            accept_open(peer, known=True)
            peer.send(ack(receive_append(peer, [])))

        def second(peer: Peer) -> None:
            accept_open(peer)
            views.append(peer.read()["view"])
            peer.send({"type": "restored"})
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            wait_until(lambda: bool(views))
            one.close(0)

        assert not views[0]["complete"]
        assert views[0]["revision"] == 4


class TestRefusal:
    """Where the daemon doesn't want this publisher."""

    def test_a_busy_session_refuses_an_exclusive_one(self, daemon: EmbeddedDaemon) -> None:
        """State, reason and one warning."""
        warnings: list[str] = []
        with publisher(daemon.socket_path) as one:
            assert one.wait_open(20)
            other = publisher(daemon.socket_path, exclusive=True, on_warning=warnings.append)
            assert not other.wait_open(20)
            assert other.state == "refused"
            assert other.refusal is not None
            assert other.refusal.code == "session_busy"
            other.publish(UserMessage("x"))
            assert not other.flush(20)
            other.close()
            assert other.state == "refused"

        assert len(warnings) == 1

    def test_an_exclusive_publisher_reconnects_although_another_has_joined(self) -> None:
        """It asks to be alone once; then the session is its own."""
        asked: list[bool] = []

        def first(peer: Peer) -> None:
            asked.append("exclusive" in accept_open(peer))

        def second(peer: Peer) -> None:
            asked.append("exclusive" in accept_open(peer, known=True))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, exclusive=True)
            wait_until(lambda: len(asked) == 2)
            one.close(0)

        assert asked == [True, False]

    def test_a_session_removed_by_force_refuses_its_publisher(self, daemon: EmbeddedDaemon) -> None:
        """It doesn't come back by itself."""
        one = publisher(daemon.socket_path)
        assert one.wait_open(20)
        with Client(daemon.socket_path) as client:
            client.remove("s", force=True)
            wait_until(lambda: one.state == "refused")
            assert one.refusal is not None
            one.publish(UserMessage("x"))
            assert client.list() == []
        assert not one.close()

    def test_another_protocol_refuses(self) -> None:
        """There is nothing to wait for."""

        def newer(peer: Peer) -> None:
            peer.hello(2)

        with ScriptedDaemon(newer) as daemon:
            one = publisher(daemon.path)
            assert not one.wait_open(20)
            assert one.refusal is not None
            assert "upgrade" in one.refusal.message
            one.close()


@pytest.fixture(name="small")
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outboxes hold ten events."""
    monkeypatch.setattr("lashd.publish.publisher.Outbox", partial(Outbox, max_events=10))


@pytest.mark.usefixtures("small")
class TestOverflow:
    """A daemon that can't keep up, or isn't there."""

    def test_the_view_makes_up_for_what_was_dropped(self) -> None:
        """The snapshot is complete; a mark shows how many events can't be replayed."""
        warnings: list[str] = []
        with socket_dir() as path:
            place = f"{path}/s"
            first = EmbeddedDaemon(socket_path=place)
            first.start()
            one = publisher(place, on_warning=warnings.append)
            one.publish(UserMessage("0"))
            assert one.flush(20)
            blocker = _Stalled(one)
            with blocker:
                for number in range(1, 100):
                    one.publish(UserMessage(str(number)))
            assert one.flush(20)
            got = texts(place)
            with Client(place) as client:
                entries = client.show("s")["read_view"]["entries"]
            one.close()
            first.stop()

        assert got == [str(n) for n in range(100)]
        marks = [entry for entry in entries if entry["kind"] == "diagnostic"]
        assert [mark["name"] for mark in marks] == ["events_dropped"]
        assert marks[0]["output"]["count"] >= 89
        assert len(warnings) == 1
        assert "dropped" in warnings[0]

    def test_memory_stays_bounded_without_a_daemon(self) -> None:
        """For as long as it lasts."""
        with socket_dir() as path:
            one = publisher(f"{path}/none")
            for number in range(2000):
                one.publish(UserMessage(str(number)))
            assert len(one._shared.outbox) <= 10
            one.close(0)

    def test_block_waits_for_room(self) -> None:
        """Nothing is dropped or duplicated."""
        seen: list[str] = []
        go = threading.Event()

        def script(peer: Peer) -> None:
            accept_open(peer)
            go.wait(20)
            try:
                while True:
                    peer.send(ack(receive_append(peer, seen)))
            except OSError:
                pass

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, overflow="block")
            done = threading.Event()

            def work() -> None:
                for number in range(50):
                    one.publish(UserMessage(str(number)))
                done.set()

            thread = threading.Thread(target=work)
            thread.start()
            wait_until(lambda: len(one._shared.outbox) == 10)
            assert not done.is_set()
            go.set()
            assert done.wait(20)
            thread.join()
            assert one.flush(20)
            one.close(0)

        assert seen == [str(n) for n in range(50)]

    def test_block_lets_go_when_the_publisher_is_refused_or_closed(self) -> None:
        """No caller waits for what will never happen."""

        made: list[Publisher] = []

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            wait_until(lambda: bool(made) and len(made[0]._shared.outbox) == 10)
            peer.send({"type": "error", "code": "limit", "message": "no room"})
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, overflow="block")
            made.append(one)
            for number in range(50):
                one.publish(UserMessage(str(number)))
            assert one.state == "refused"
            one.close()


class _Stalled:
    """Holds the publisher's thread while the context lasts, as a full socket would."""

    def __init__(self, one: Publisher) -> None:
        self._changed = one._shared.changed

    def __enter__(self) -> None:
        self._changed.acquire()

    def __exit__(self, *error: object) -> None:
        self._changed.release()
