"""The blocking client, against a scripted daemon and the real one."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.io.blocking import Attachment, Client
from lashd.io.embedded import EmbeddedDaemon
from lashd.io.publisher import Publisher
from lashd.session.events import AssistantProseDelta
from tests.daemon.io.scripted import Peer, Script, ScriptedDaemon, cursor, prose, socket_dir, until


@pytest.fixture(name="daemon")
def _daemon() -> Iterator[EmbeddedDaemon]:
    """The real daemon."""
    with EmbeddedDaemon() as daemon:
        yield daemon


def attached(n: int, served: str = "replay") -> dict[str, Any]:
    """An `attached` record."""
    return {"type": "attached", "session_id": "s", "cursor": cursor(n), "served": served}


def collect(stream: Attachment, count: int) -> list[dict[str, Any]]:
    """At least so many records."""
    records: list[dict[str, Any]] = []
    deadline = time.monotonic() + 20
    while len(records) < count:
        assert time.monotonic() < deadline, records
        records += stream.read(1.0)
    return records


def speaks(protocol: int) -> Script:
    """A daemon of another protocol."""

    def script(peer: Peer) -> None:
        peer.hello(protocol)

    return script


def kinds(records: list[dict[str, Any]]) -> list[str]:
    """The types of records."""
    return [record["type"] for record in records]


class TestConnect:
    """What can be wrong with a socket, each said in a sentence with what to do."""

    def test_says_hello_and_gives_the_daemons(self) -> None:
        """Once, however often it is asked."""
        heard: list[dict[str, Any]] = []

        def script(peer: Peer) -> None:
            heard.append(peer.hello())
            peer.hold()

        with ScriptedDaemon(script) as daemon, Client(daemon.path) as client:
            assert client.connect()["incarnation"] == 7
            assert client.connect()["pid"] == 1
            assert daemon.connections == 1
        assert heard[0]["protocol"] == 1

    def test_no_daemon(self) -> None:
        """Neither a socket nor one that nobody listens at."""
        with socket_dir() as path:
            stale = socket.socket(socket.AF_UNIX)
            stale.bind(f"{path}/stale")
            stale.close()
            for name in ("none", "stale"):
                with pytest.raises(ConnectionFailed, match="lashtui daemon start"):
                    Client(f"{path}/{name}").connect()

    def test_no_socket(self) -> None:
        """A file at its place."""
        with socket_dir() as path:
            open(f"{path}/file", "w").close()
            with pytest.raises(ConnectionFailed, match=r"no daemon runs|not a daemon's socket"):
                Client(f"{path}/file").connect()

    def test_another_protocol(self) -> None:
        """Not a failure to connect only: who must do what."""
        with (
            ScriptedDaemon(speaks(2)) as daemon,
            pytest.raises(VersionMismatch, match="upgrade lashtui"),
        ):
            Client(daemon.path).connect()

    def test_a_daemon_that_says_nothing(self) -> None:
        """The timeout is kept and named."""
        with ScriptedDaemon(Peer.hold) as daemon, pytest.raises(ConnectionFailed, match=r"0\.05 s"):
            Client(daemon.path, timeout=0.05).connect()

    def test_a_full_daemon(self) -> None:
        """It says so instead of a hello."""
        error = {"type": "error", "code": "limit", "message": "full"}
        with (
            ScriptedDaemon(lambda peer: peer.send(error)) as daemon,
            pytest.raises(RequestRefused, match="full"),
        ):
            Client(daemon.path).connect()

    def test_another_program(self) -> None:
        """Whatever it says is no protocol of ours."""
        with (
            ScriptedDaemon(lambda peer: peer.sock.sendall(b"HTTP/1.1 400\r\n")) as daemon,
            pytest.raises(ConnectionFailed, match="another program"),
        ):
            Client(daemon.path).connect()

    def test_another_users_daemon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a shared directory anybody could have made the socket."""
        with ScriptedDaemon(Peer.hold) as daemon:
            real = os.geteuid()
            monkeypatch.setattr("lashd.io.wire.os.geteuid", lambda: real + 1)
            if real == 0:
                monkeypatch.setattr("lashd.io.wire.struct.unpack", lambda *_: (1, 77, 77))
            with pytest.raises(ConnectionFailed, match="another user"):
                Client(daemon.path).connect()


class TestRequests:
    """One message, one reply."""

    def test_a_refusal_leaves_the_connection_usable(self) -> None:
        """All but bad_request."""

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "error", "code": "no_session", "message": "no session `x`"})
            peer.read()
            peer.send({"type": "sessions", "sessions": [{"session_id": "y"}]})
            peer.hold()

        with ScriptedDaemon(script) as daemon, Client(daemon.path) as client:
            with pytest.raises(RequestRefused, match="no session `x`") as caught:
                client.show("x")
            assert caught.value.code == "no_session"
            assert client.list() == [{"session_id": "y"}]
            assert daemon.connections == 1

    def test_after_a_loss_the_next_request_connects_anew(self) -> None:
        """The lost one says so."""

        def closes(peer: Peer) -> None:
            peer.hello()
            peer.read()

        def answers(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "status", "pid": 5})
            peer.hold()

        with ScriptedDaemon(closes, answers) as daemon, Client(daemon.path) as client:
            with pytest.raises(ConnectionFailed):
                client.status()
            assert client.status()["pid"] == 5

    def test_after_bad_request_it_connects_anew(self) -> None:
        """As the daemon closes that connection."""

        def refuses(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "error", "code": "bad_request", "message": "what?"})

        def answers(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "sessions", "sessions": []})
            peer.hold()

        with ScriptedDaemon(refuses, answers) as daemon, Client(daemon.path) as client:
            with pytest.raises(RequestRefused, match="what"):
                client.list()
            assert client.list() == []

    def test_every_request_against_the_real_daemon(self, daemon: EmbeddedDaemon) -> None:
        """list, status, show, cursor, remove, stop."""
        with Client(daemon.socket_path) as client:
            with client.publish("s", start_daemon=False) as publisher:
                publisher.publish(AssistantProseDelta("hello"))
                assert publisher.flush(20)
                assert [item["session_id"] for item in client.list()] == ["s"]
                assert client.status()["publishers"] == 1
                shown = client.show("s")
                assert shown["read_view"]["entries"][0]["text"] == "hello"
                assert client.inspect_cursor(shown["cursor"])["resumable"]
                with pytest.raises(RequestRefused) as busy:
                    client.remove("s")
                assert busy.value.code == "session_busy"
            client.remove("s", force=True)
            assert client.list() == []
            client.stop()
            with pytest.raises(ConnectionFailed):
                until(lambda: not client.status())


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
            monkeypatch.setattr("lashd.io.attachment.time.monotonic", lambda: real() + shift[0])
            shift[0] = 6.0
            stream.read(0)
            assert pinged.wait(20)
            shift[0] = 17.0
            records = stream.read(0)

        assert kinds(records) == ["disconnected"]
        assert "does not answer" in records[0]["reason"]

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


def test_the_module_has_a_publisher_too() -> None:
    """Imported only when asked for."""
    from lashd import blocking

    assert blocking.Publisher is Publisher
    with pytest.raises(AttributeError, match="nonsense"):
        _ = blocking.nonsense
