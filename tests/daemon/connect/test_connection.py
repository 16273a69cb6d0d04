"""A blocking connection: what can be wrong with it."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.limits import DaemonLimits
from lashd.server.embedded import EmbeddedDaemon
from tests.daemon.scripted_daemon import (
    Peer,
    Script,
    ScriptedDaemon,
    socket_dir,
)


def speaks(protocol: int) -> Script:
    """A daemon of another protocol."""

    def script(peer: Peer) -> None:
        peer.hello(protocol)

    return script


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
            with pytest.raises(ConnectionFailed, match=r"no daemon|not a daemon's socket"):
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

    def test_a_full_daemon_that_greets(self) -> None:
        """As ours does: what it says along with its hello is not lost."""
        with (
            EmbeddedDaemon(limits=DaemonLimits(max_connections=1)) as daemon,
            Client(daemon.socket_path) as first,
        ):
            first.status()
            with (
                pytest.raises(RequestRefused, match="as many as it takes"),
                Client(daemon.socket_path) as second,
            ):
                second.status()

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
            monkeypatch.setattr("lashd.connect.connection.os.geteuid", lambda: real + 1)
            if real == 0:
                monkeypatch.setattr("lashd.connect.connection.peer_uid", lambda _: 77)
            with pytest.raises(ConnectionFailed, match="another user"):
                Client(daemon.path).connect()
