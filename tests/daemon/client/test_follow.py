"""The list as a stream over blocking sockets."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.client.follow import Follow
from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from tests.daemon.client.follow_scripts import at, old_daemon, replay, snapshot
from tests.daemon.scripted_daemon import Peer, ScriptedDaemon, kinds


def read_until(follow: Follow, kind: str) -> list[dict[str, Any]]:
    """The records up to the first batch with one of this type."""
    records: list[dict[str, Any]] = []
    deadline = time.monotonic() + 20
    while kind not in kinds(records):
        assert time.monotonic() < deadline, records
        records += follow.read(1)
    return records


def test_shows_what_comes_and_what_goes(daemon: EmbeddedDaemon) -> None:
    """First what there is, then a new session, then its removal."""
    client = Client(daemon.socket_path)
    with client.follow() as follow:
        assert kinds(read_until(follow, "synced")) == ["following", "synced"]
        with Publisher("a", socket_path=daemon.socket_path, start_daemon=False, title="A"):
            (born,) = read_until(follow, "session")[:1]
            assert born["session"]["title"] == "A"
        client.remove("a", force=True)
        assert read_until(follow, "session_removed")[-1]["session_id"] == "a"
        position = follow.position
    with client.follow(position) as follow:
        records = read_until(follow, "synced")
        assert (records[0]["served"], kinds(records)) == ("replay", ["following", "synced"])
    client.close()


def test_comes_back_where_it_was() -> None:
    """With records of its own in between."""
    asked: list[dict[str, Any]] = []

    def first(peer: Peer) -> None:
        peer.hello()
        asked.append(peer.read())
        peer.send(*snapshot(3, "a", "b"))

    def second(peer: Peer) -> None:
        peer.hello()
        asked.append(peer.read())
        peer.send(*replay(3, 4, "b"))
        peer.hold()

    with ScriptedDaemon(first, second) as daemon, Client(daemon.path).follow() as follow:
        records = read_until(follow, "reconnected")
        records += [] if kinds(records)[-1] == "synced" else read_until(follow, "synced")
        assert follow.position == at(4)

    assert [each["after"] for each in asked] == [None, at(3)]
    assert kinds(records) == [
        "following", "session", "session", "synced",
        "disconnected", "reconnected", "session", "synced",
    ]  # fmt: skip
    assert records[4]["position"] == at(3)


@pytest.mark.parametrize("is_back", [False, True])
def test_an_older_daemon_is_named_as_such(is_back: bool) -> None:
    """At the first connection, and at one after a loss: to try again would not help."""

    def first(peer: Peer) -> None:
        peer.hello()
        peer.read()
        peer.send(*snapshot(3))

    scripts = [first, old_daemon] if is_back else [old_daemon]
    with ScriptedDaemon(*scripts) as daemon, pytest.raises(VersionMismatch) as failed:
        read_until(Client(daemon.path).follow(), "end")
    assert "older" in str(failed.value)
    assert "restart" in str(failed.value)


def test_a_refusal_and_a_loss_without_reconnect_are_raised(daemon: EmbeddedDaemon) -> None:
    """The first by `read`."""
    client = Client(daemon.socket_path)
    with client.follow("lashsc1:0:0:s") as follow, pytest.raises(RequestRefused) as refused:
        follow.read(20)
    assert refused.value.code == "malformed_position"
    with client.follow(reconnect=False) as follow:
        read_until(follow, "synced")
        client.stop()
        assert read_until(follow, "end")[-1]["reason"] == "stopped"
        assert follow.read(20) == []
    with pytest.raises(ConnectionFailed):
        client.follow()
