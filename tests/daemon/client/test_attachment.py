"""A stream over blocking sockets, across lost connections."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from lashd.client.blocking import Attachment, Client
from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import AssistantProseDelta
from tests.daemon.scripted_daemon import (
    Peer,
    Script,
    ScriptedDaemon,
    attached,
    cursor,
    kinds,
    prose,
)


def speaks(protocol: int) -> Script:
    """A daemon of another protocol."""

    def script(peer: Peer) -> None:
        peer.hello(protocol)

    return script


def full(peer: Peer) -> None:
    """A daemon that has as many connections as it takes."""
    peer.hello()
    peer.send({"type": "error", "code": "limit", "message": "as many as it takes"})


def collect(stream: Attachment, count: int) -> list[dict[str, Any]]:
    """At least so many records."""
    records: list[dict[str, Any]] = []
    deadline = time.monotonic() + 20
    while len(records) < count:
        assert time.monotonic() < deadline, records
        records += stream.read(1.0)
    return records


class TestAttach:
    """A stream that survives its connections."""

    def test_reads_batches_and_keeps_to_its_timeout(self) -> None:
        """Nothing is []; what came together is given together."""
        go = threading.Event()

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            go.wait(20)
            peer.send(attached(0), prose(1), prose(2))
            peer.hold()

        with ScriptedDaemon(script) as daemon, Client(daemon.path).attach("s") as stream:
            assert stream.read(0) == []
            assert stream.read(0.01) == []
            go.set()
            assert kinds(collect(stream, 3)) == ["attached"] + ["turn_activity"] * 2
            assert stream.cursor == cursor(2)
            assert stream.session_id == "s"
            assert stream.fileno() >= 0

    @pytest.mark.usefixtures("quick")
    def test_comes_back_to_a_daemon_that_is_full_for_a_while(self) -> None:
        """But is told at once where it has never been."""

        def lost(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0), prose(1))

        def there(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(1), prose(2))
            peer.hold()

        with ScriptedDaemon(lost, full, full, there) as daemon:
            with Client(daemon.path).attach("s") as stream:
                records = collect(stream, 7)
            why = [each["reason"] for each in records if each["type"] == "disconnected"]
            assert why[1:] == ["as many as it takes"] * 2
            assert kinds(records)[-2:] == ["reconnected", "turn_activity"]
        with (
            ScriptedDaemon(full) as daemon,
            pytest.raises(RequestRefused, match="as many"),
            Client(daemon.path).attach("s") as stream,
        ):
            stream.read(20)

    def test_comes_back_after_a_loss_where_it_was(self) -> None:
        """The records say so, and no event comes twice."""
        asked: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            peer.hello()
            asked.append(peer.read())
            peer.send(attached(0), prose(1), {"type": "synced", "cursor": cursor(1)})

        def second(peer: Peer) -> None:
            peer.hello()
            asked.append(peer.read())
            peer.send(attached(1), prose(1), prose(2), {"type": "synced", "cursor": cursor(2)})
            peer.hold()

        with (
            ScriptedDaemon(first, second) as daemon,
            Client(daemon.path).attach("s", start="start") as stream,
        ):
            records = collect(stream, 6)

        assert kinds(records) == [
            "attached",
            "turn_activity",
            "synced",
            "disconnected",
            "reconnected",
            "turn_activity",
        ]
        assert records[3]["cursor"] == cursor(1)
        assert "closed the connection" in records[3]["reason"]
        assert records[5]["cursor"] == cursor(2)
        assert asked[1]["cursor"] == cursor(1)

    def test_says_each_attempt_that_failed(self) -> None:
        """So that a reader can tell when the next one is."""

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))

        with (
            ScriptedDaemon(script) as daemon,
            Client(daemon.path).attach("s", start="start") as stream,
        ):
            records = collect(stream, 3)
            assert stream.state == "lost"
            assert stream.fileno() == -1
            stream.retry_now()
            records += collect(stream, 1)

        assert kinds(records)[:4] == ["attached"] + ["disconnected"] * 3

    def test_without_reconnect_a_loss_is_raised_after_the_records(self) -> None:
        """None of them is lost with it."""

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0), prose(1))

        with (
            ScriptedDaemon(script) as daemon,
            Client(daemon.path).attach("s", reconnect=False) as stream,
        ):
            assert len(collect(stream, 2)) == 2
            with pytest.raises(ConnectionFailed, match="closed"):
                stream.read(20)

    def test_a_refusal_comes_out_of_read(self, daemon: EmbeddedDaemon) -> None:
        """With the daemon's code, as often as it is asked."""
        with Client(daemon.socket_path).attach("none") as stream:
            for _ in range(2):
                with pytest.raises(RequestRefused) as caught:
                    stream.read(20)
                assert caught.value.code == "no_session"

    def test_end_is_the_last_record(self) -> None:
        """After it there is nothing, at once."""
        end = {"type": "end", "cursor": cursor(1), "reason": "forgotten"}

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0), prose(1), end)

        with ScriptedDaemon(script) as daemon, Client(daemon.path).attach("s") as stream:
            assert kinds(collect(stream, 3))[-1] == "end"
            assert stream.read(None) == []
            assert stream.ended == end

    def test_a_newer_daemon_after_a_loss_is_a_mismatch(self) -> None:
        """There is nothing to wait for."""

        def first(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))

        with (
            ScriptedDaemon(first, speaks(9)) as daemon,
            Client(daemon.path).attach("s") as stream,
            pytest.raises(VersionMismatch),
        ):
            collect(stream, 9)

    def test_a_full_daemon_after_a_loss_is_tried_again(self) -> None:
        """It will have room."""
        full = {"type": "error", "code": "limit", "message": "full"}

        def first(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))

        def third(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))
            peer.hold()

        with (
            ScriptedDaemon(first, lambda peer: peer.send(full), third) as daemon,
            Client(daemon.path).attach("s") as stream,
        ):
            records = collect(stream, 4)

        assert kinds(records) == ["attached", "disconnected", "disconnected", "reconnected"]
        assert records[2]["reason"] == "full"

    def test_a_silent_daemon_is_asked_and_then_given_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hung one must not look like a quiet one."""
        pinged = threading.Event()

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))
            assert peer.read() == {"type": "ping"}
            pinged.set()
            peer.hold()

        with ScriptedDaemon(script) as daemon, Client(daemon.path).attach("s") as stream:
            stream.read(20)
            shift = [0.0]
            real = time.monotonic
            monkeypatch.setattr("lashd.client.stream.time.monotonic", lambda: real() + shift[0])
            shift[0] = 6.0
            stream.read(0)
            assert pinged.wait(20)
            shift[0] = 17.0
            records = stream.read(0)

        assert kinds(records) == ["disconnected"]
        assert "stopped answering" in records[0]["reason"]

    def test_waits_for_a_session_that_does_not_exist_yet(self, daemon: EmbeddedDaemon) -> None:
        """And has it from its start."""
        with Client(daemon.socket_path).attach("later", wait=True) as stream:
            assert stream.read(0.01) == []
            with Publisher("later", socket_path=daemon.socket_path, start_daemon=False) as one:
                one.publish(AssistantProseDelta("hi"))
                one.flush(20)
            records = collect(stream, 4)

        assert kinds(records)[0] == "attached"

    def test_close_ends_it(self, daemon: EmbeddedDaemon) -> None:
        """From then on it has nothing."""
        stream = Client(daemon.socket_path).attach("x", wait=True)
        stream.close()

        assert stream.read(None) == []
        assert stream.fileno() == -1
