"""A stream over async connections, across losses."""

from __future__ import annotations

import threading
import time
from typing import Any

import anyio
import pytest

from lashd.client.aio import Client
from lashd.client.async_attachment import AsyncAttachment
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import UserMessage
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    attached,
    cursor,
    kinds,
    prose,
)


async def publish(path: str, *texts: str) -> Publisher:
    """A publisher that has delivered these."""
    publisher = Publisher("s", socket_path=path, start_daemon=False)
    for text in texts:
        publisher.publish(UserMessage(text))
    assert await anyio.to_thread.run_sync(publisher.flush, 20)
    return publisher


async def collect(stream: AsyncAttachment, count: int) -> list[dict[str, Any]]:
    """At least so many records."""
    records: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        async for batch in stream:
            records += batch
            if len(records) >= count:
                break
    return records


@pytest.fixture
def soon_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon is asked after a moment, and doubted after another."""
    monkeypatch.setattr("lashd.protocol.reconnect.PING_AFTER", 0.02)
    monkeypatch.setattr("lashd.protocol.reconnect.DOUBT_AFTER", 0.02)


class TestAttach:
    """A stream that survives its connections."""

    @pytest.mark.usefixtures("quick")
    async def test_comes_back_to_a_daemon_that_is_full(self) -> None:
        """As the blocking one."""

        def lost(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0), prose(1))

        def full(peer: Peer) -> None:
            peer.hello()
            peer.send({"type": "error", "code": "limit", "message": "as many as it takes"})

        def there(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(1), prose(2))
            peer.hold()

        with ScriptedDaemon(lost, full, there) as daemon:
            async with Client(daemon.path).attach("s") as stream:
                records = await collect(stream, 6)
        why = [each["reason"] for each in records if each["type"] == "disconnected"]
        assert why[1:] == ["as many as it takes"]
        assert kinds(records)[-2:] == ["reconnected", "turn_activity"]

    async def test_comes_back_after_a_loss_where_it_was(self) -> None:
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

        with ScriptedDaemon(first, second) as daemon:
            async with Client(daemon.path).attach("s", start="start") as stream:
                records = await collect(stream, 6)
                assert stream.cursor == cursor(2)
                assert stream.session_id == "s"
                assert stream.state == "live"

        assert kinds(records) == [
            "attached",
            "turn_activity",
            "synced",
            "disconnected",
            "reconnected",
            "turn_activity",
        ]
        assert asked[1]["cursor"] == cursor(1)

    async def test_retry_now_cuts_the_wait_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody presses the key."""
        monkeypatch.setattr("lashd.connect.jitter.chance", lambda: 300.0)

        def first(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))

        def second(peer: Peer) -> None:
            first(peer)
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            async with Client(daemon.path).attach("s") as stream:
                records = await collect(stream, 2)
                assert records[1]["retry_in"] > 50
                async with anyio.create_task_group() as tasks:

                    async def press() -> None:
                        await anyio.wait_all_tasks_blocked()
                        stream.retry_now()

                    tasks.start_soon(press)
                    assert kinds(await collect(stream, 1)) == ["reconnected"]

    async def test_a_cancelled_read_loses_nothing(self, daemon: EmbeddedDaemon) -> None:
        """Timeouts around the iteration are fine."""
        publisher = await publish(daemon.socket_path, "one")
        async with publisher, Client(daemon.socket_path).attach("s", start="start") as stream:
            texts: list[str] = []
            deadline = time.monotonic() + 20
            for number in range(30):
                publisher.publish(UserMessage(str(number)))
            while len(texts) < 31 and time.monotonic() < deadline:
                with anyio.move_on_after(0.001):
                    async for records in stream:
                        texts += [
                            record["activity"]["text"]
                            for record in records
                            if record["type"] == "turn_activity"
                        ]

        assert texts == ["one", *map(str, range(30))]

    async def test_ends_with_the_session(self, daemon: EmbeddedDaemon) -> None:
        """The iteration stops after `end`."""
        async with await publish(daemon.socket_path, "one"):
            pass
        async with (
            Client(daemon.socket_path) as client,
            client.attach("s", start="start") as stream,
        ):
            await collect(stream, 2)
            await client.remove("s")
            with anyio.fail_after(20):
                rest = [record async for records in stream for record in records]

            assert kinds(rest)[-1] == "end"
            assert stream.ended is not None
            assert stream.ended["reason"] == "forgotten"

    async def test_a_refusal_and_a_loss_without_reconnect_are_raised(self) -> None:
        """After the records before them."""
        error = {"type": "error", "code": "no_session", "message": "none"}

        def refuses(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(error)
            peer.hold()

        def closes(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0), prose(1))

        with ScriptedDaemon(refuses, closes) as daemon:
            client = Client(daemon.path)
            async with client.attach("s") as stream:
                with pytest.raises(RequestRefused):
                    await anext(stream)
            async with client.attach("s", reconnect=False) as stream:
                assert len(await collect(stream, 2)) == 2
                with pytest.raises(ConnectionFailed):
                    await anext(stream)

    async def test_a_silent_daemon_is_asked_and_then_given_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hung one must not look like a quiet one."""
        monkeypatch.setattr("lashd.protocol.reconnect.PING_AFTER", 0.05)
        monkeypatch.setattr("lashd.protocol.reconnect.GIVE_UP_AFTER", 0.05)
        heard: list[dict[str, Any]] = []

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))
            heard.append(peer.read())
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            async with Client(daemon.path).attach("s") as stream:
                records = await collect(stream, 2)

        assert heard == [{"type": "ping"}]
        assert "stopped answering" in records[1]["reason"]

    async def test_a_silent_daemon_is_called_silent_until_it_answers(
        self, soon_doubted: None
    ) -> None:
        """An empty batch says so, another that it talks again."""
        answer = threading.Event()

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))
            peer.read()
            answer.wait(10)
            peer.send({"type": "pong"})
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            async with Client(daemon.path).attach("s") as stream:
                await anext(stream)
                assert stream.silent_since is None
                assert await anext(stream) == []
                assert stream.silent_since is not None
                answer.set()
                assert await anext(stream) == []
                assert stream.silent_since is None

    async def test_a_daemon_that_has_not_answered_yet_is_not_one_without_the_session(
        self, soon_doubted: None
    ) -> None:
        """A stopped one takes connections, too; only its hello makes the session's absence true."""
        answer = threading.Event()

        def closes(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(0))

        def hangs(peer: Peer) -> None:
            answer.wait(10)
            peer.hello()
            peer.hold()

        with ScriptedDaemon(closes, hangs) as daemon:
            async with Client(daemon.path).attach("s") as stream:
                records = await collect(stream, 2)
                assert records[1]["type"] == "disconnected"
                assert await anext(stream) == []
                assert stream.silent_since is not None
                assert not stream.is_awaiting
                answer.set()
                assert await anext(stream) == []
                assert stream.is_awaiting
