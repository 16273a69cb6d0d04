"""The async client: requests and typed observation."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio
import pytest

from lashd.client.aio import Client, Update
from lashd.errors import RequestRefused
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import AssistantProseDelta, SessionChanged, TurnActivity, UserMessage
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    attached,
    cursor,
)


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
