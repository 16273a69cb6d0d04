"""The blocking client: requests."""

from __future__ import annotations

import pytest

from lashd.client.blocking import Client
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import AssistantProseDelta
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
)
from tests.waiting import wait_until


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

    def test_a_daemon_without_a_hello_is_given_up_sooner_than_an_answer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who types a command waits for it; once greeted, an answer may take its time."""
        monkeypatch.setattr("lashd.connect.connection.HELLO_WITHIN", 0.05)

        def answers(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "status", "pid": 5})
            peer.hold()

        with ScriptedDaemon(lambda peer: peer.hold(), answers) as daemon:
            client = Client(daemon.path, timeout=20.0)
            with pytest.raises(ConnectionFailed, match=r"within 0\.05 s"):
                client.status()
            monkeypatch.setattr("lashd.connect.connection.HELLO_WITHIN", 10.0)
            client.connect()
            connection = client._connection
            assert connection is not None
            assert (connection.timeout, connection.sock.gettimeout()) == (20.0, 20.0)
            assert client.status()["pid"] == 5
            client.close()

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
                wait_until(lambda: not client.status())


def test_the_module_has_a_publisher_too() -> None:
    """Imported only when asked for."""
    from lashd import blocking

    assert blocking.Publisher is Publisher
    with pytest.raises(AttributeError, match="nonsense"):
        _ = blocking.nonsense
