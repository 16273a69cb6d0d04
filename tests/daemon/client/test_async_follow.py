"""The list as a stream over async connections."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

from lashd.client.aio import Client
from lashd.client.async_follow import AsyncFollow
from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from tests.daemon.client.follow_scripts import at, old_daemon, replay, snapshot
from tests.daemon.scripted_daemon import Peer, ScriptedDaemon, kinds


async def read_until(follow: AsyncFollow, kind: str, times: int = 1) -> list[dict[str, Any]]:
    """The records up to the batch with so many of this type."""
    records: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        while kinds(records).count(kind) < times:
            records += await anext(follow)
    return records


async def test_shows_what_comes_and_what_goes(daemon: EmbeddedDaemon) -> None:
    """First what there is, then a new session, then its removal."""
    async with Client(daemon.socket_path) as client, client.follow() as follow:
        assert kinds(await read_until(follow, "synced")) == ["following", "synced"]
        with Publisher("a", socket_path=daemon.socket_path, start_daemon=False, title="A"):
            born = (await read_until(follow, "session"))[0]
            assert born["session"]["title"] == "A"
        await client.remove("a", force=True)
        assert (await read_until(follow, "session_removed"))[-1]["session_id"] == "a"
        async with client.follow(follow.position) as again:
            records = await read_until(again, "synced")
            assert (records[0]["served"], kinds(records)) == ("replay", ["following", "synced"])


async def test_comes_back_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once where the user asks for it."""
    monkeypatch.setattr("lashd.connect.jitter.chance", lambda: 300.0)
    asked: list[dict[str, Any]] = []

    def first(peer: Peer) -> None:
        peer.hello()
        asked.append(peer.read())
        peer.send(*snapshot(3, "a"))

    def second(peer: Peer) -> None:
        peer.hello()
        asked.append(peer.read())
        peer.send(*replay(3, 4, "a"))
        peer.hold()

    with ScriptedDaemon(first, second) as daemon:
        async with Client(daemon.path).follow() as follow:
            records = await read_until(follow, "disconnected")
            lost: str = follow.state
            assert lost == "lost"
            follow.retry_now()
            records += await read_until(follow, "synced")
            live: str = follow.state
            assert live == "live"
            assert follow.position == at(4)

    assert [each["after"] for each in asked] == [None, at(3)]
    assert kinds(records) == [
        "following", "session", "synced", "disconnected", "reconnected", "session", "synced",
    ]  # fmt: skip


async def test_a_silent_daemon_is_called_silent_until_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An empty batch says so, another that it talks again."""
    monkeypatch.setattr("lashd.protocol.reconnect.PING_AFTER", 0.02)
    monkeypatch.setattr("lashd.protocol.reconnect.DOUBT_AFTER", 0.02)
    answer = threading.Event()

    def script(peer: Peer) -> None:
        peer.hello()
        peer.read()
        peer.send(*snapshot(1))
        peer.read()
        answer.wait(10)
        peer.send({"type": "pong"})
        peer.hold()

    with ScriptedDaemon(script) as daemon:
        async with Client(daemon.path).follow() as follow:
            await read_until(follow, "synced")
            assert follow.silent_since is None
            assert await anext(follow) == []
            assert follow.silent_since is not None
            answer.set()
            assert await anext(follow) == []
            assert follow.silent_since is None


async def test_an_older_daemon_is_named_as_such() -> None:
    """The message says what to do."""
    with ScriptedDaemon(old_daemon) as daemon, pytest.raises(VersionMismatch) as failed:
        await Client(daemon.path).follow().__aenter__()
    assert "older" in str(failed.value)
    assert "restart" in str(failed.value)


async def test_a_refusal_and_a_loss_without_reconnect_are_raised(daemon: EmbeddedDaemon) -> None:
    """The first by the iteration; a stop ends it."""
    async with Client(daemon.socket_path) as client:
        async with client.follow("lashsc1:0:0:s") as follow:
            with pytest.raises(RequestRefused):
                await anext(follow)
        async with client.follow(reconnect=False) as follow:
            await read_until(follow, "synced")
            await client.stop()
            with anyio.fail_after(20):
                rest = [record async for records in follow for record in records]
            assert rest[-1]["reason"] == "stopped"
        with pytest.raises(ConnectionFailed):
            async with client.follow():
                pass
