"""The async client, against a scripted daemon and the real one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.io.async_attachment import AsyncAttachment
from lashd.io.client import Client, Update
from lashd.io.embedded import EmbeddedDaemon
from lashd.io.publisher import Publisher
from lashd.session.events import AssistantProseDelta, SessionChanged, TurnActivity, UserMessage
from tests.daemon.io.scripted import Peer, ScriptedDaemon, cursor, prose, socket_dir


@pytest.fixture(name="daemon")
def _daemon() -> Iterator[EmbeddedDaemon]:
    """The real daemon."""
    with EmbeddedDaemon() as daemon:
        yield daemon


def attached(n: int, served: str = "replay") -> dict[str, Any]:
    """An `attached` record."""
    return {"type": "attached", "session_id": "s", "cursor": cursor(n), "served": served}


async def collect(stream: AsyncAttachment, count: int) -> list[dict[str, Any]]:
    """At least so many records."""
    records: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        async for batch in stream:
            records += batch
            if len(records) >= count:
                break
    return records


def kinds(records: list[dict[str, Any]]) -> list[str]:
    """The types of records."""
    return [record["type"] for record in records]


async def publish(path: str, *texts: str) -> Publisher:
    """A publisher that has delivered these."""
    publisher = Publisher("s", socket_path=path, start_daemon=False)
    for text in texts:
        publisher.publish(UserMessage(text))
    assert await anyio.to_thread.run_sync(publisher.flush, 20)
    return publisher


class TestRequests:
    """One message, one reply."""

    async def test_every_request_against_the_real_daemon(self, daemon: EmbeddedDaemon) -> None:
        """list, status, show, cursor, remove, stop; the hello says who answers."""
        async with Client(daemon.socket_path) as client:
            async with await publish(daemon.socket_path, "hello"):
                hello = await client.connect()
                assert (await client.status())["incarnation"] == hello["incarnation"]
                assert [item["session_id"] for item in await client.list()] == ["s"]
                shown = await client.show("s")
                assert (await client.inspect_cursor(shown["cursor"]))["resumable"]
                with pytest.raises(RequestRefused) as busy:
                    await client.remove("s")
                assert busy.value.code == "session_busy"
            await client.remove("s", force=True)
            assert await client.list() == []
            await client.stop()

    async def test_requests_of_several_tasks_get_their_own_replies(
        self, daemon: EmbeddedDaemon
    ) -> None:
        """They go one after the other over one connection."""
        got: dict[str, str] = {}

        async with Client(daemon.socket_path) as client:

            async def ask(name: str) -> None:
                try:
                    await client.show(name)
                except RequestRefused as error:
                    got[name] = error.message

            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(ask, f"n{number}")
            assert (await client.status())["connections"] == 1

        assert len(got) == 20
        assert all(f"`{name}`" in message for name, message in got.items())

    async def test_a_cancelled_request_does_not_spoil_the_next(self) -> None:
        """Its reply must not be taken for the next one's."""

        def slow(peer: Peer) -> None:
            peer.hello()
            peer.hold()

        def quick(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "sessions", "sessions": [{"session_id": "x"}]})
            peer.hold()

        with ScriptedDaemon(slow, quick) as daemon:
            async with Client(daemon.path) as client:
                with anyio.move_on_after(0.05):
                    await client.status()
                assert await client.list() == [{"session_id": "x"}]

    async def test_no_answer_in_time_is_said(self) -> None:
        """For the hello and for a reply."""

        def mute(peer: Peer) -> None:
            peer.hello()
            peer.hold()

        with ScriptedDaemon(Peer.hold, mute) as daemon:
            async with Client(daemon.path, timeout=0.05) as client:
                for _ in range(2):
                    with pytest.raises(ConnectionFailed, match=r"0\.05 s"):
                        await client.list()

    async def test_no_daemon_and_another_protocol_are_told_apart(self) -> None:
        """By class and by sentence."""

        def newer(peer: Peer) -> None:
            peer.hello(2)

        with socket_dir() as path, pytest.raises(ConnectionFailed, match="no daemon runs"):
            await Client(f"{path}/none").list()
        with ScriptedDaemon(newer) as daemon, pytest.raises(VersionMismatch, match="upgrade"):
            await Client(daemon.path).list()


class TestAttach:
    """A stream that survives its connections."""

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
        monkeypatch.setattr("lashd.io.client.random.random", lambda: 300.0)

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
        monkeypatch.setattr("lashd.protocol.recovery.PING_AFTER", 0.05)
        monkeypatch.setattr("lashd.protocol.recovery.GIVE_UP_AFTER", 0.05)
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
        assert "does not answer" in records[1]["reason"]


class TestObserve:
    """Events and the view that they make, typed."""

    async def test_gives_the_view_and_then_each_event_folded(self, daemon: EmbeddedDaemon) -> None:
        """The last view is the daemon's own."""
        publisher = await publish(daemon.socket_path, "hello")
        async with publisher, Client(daemon.socket_path) as client:
            async with aclosing(client.observe("s")) as updates:
                first = await anext(updates)
                assert first.event is None
                assert [row.text for row in first.view.entries] == ["hello"]
                for text in ("wor", "ld"):
                    publisher.publish(AssistantProseDelta(text))
                seen: list[Update] = []
                with anyio.fail_after(20):
                    while len(seen) < 2:
                        update = await anext(updates)
                        seen += [update] if update.event is not None else []
            last = seen[-1]
            assert last.event is not None
            assert isinstance(last.event.payload, TurnActivity)
            assert last.view.to_wire() == (await client.show("s"))["read_view"]
            assert last.connection == "live"

    async def test_a_gap_comes_with_the_view_that_makes_up_for_it(self) -> None:
        """And a lost connection is seen."""
        view = {"session_id": "s", "state": "running"}
        gap = {"type": "gap", "cursor": cursor(9), "reason": "trimmed"}

        def observation(n: int) -> dict[str, Any]:
            return {"type": "observation", "cursor": cursor(n), "read_view": view}

        def first(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(1, "snapshot"), observation(1))

        def second(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send(attached(1, "gap"), gap, observation(9))
            peer.send({"type": "end", "cursor": cursor(9), "reason": "stopped"})

        with ScriptedDaemon(first, second) as daemon:
            async with Client(daemon.path) as client:
                updates = [update async for update in client.observe("s")]

        assert [update.gap for update in updates if update.gap] == [gap]
        assert "lost" in [update.connection for update in updates]
        assert updates[-1].connection == "ended"

    async def test_ends_when_the_session_is_forgotten(self, daemon: EmbeddedDaemon) -> None:
        """After its last event."""
        events: list[Any] = []
        async with await publish(daemon.socket_path, "hello"):
            pass
        async with Client(daemon.socket_path) as client:
            with anyio.fail_after(20):
                async for update in client.observe("s"):
                    events.append(update.event)
                    if update.connection == "live" and len(events) == 2:
                        await client.remove("s")

        assert events
        assert not any(isinstance(getattr(e, "payload", None), SessionChanged) for e in events)
