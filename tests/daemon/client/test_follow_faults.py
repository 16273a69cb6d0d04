"""The list arrives whole however its connection is cut, in both clients."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import pytest

from lashd.client import aio
from lashd.client.blocking import Client
from lashd.protocol.client import ClientConnection, pack
from lashd.protocol.framing import HEADER
from lashd.protocol.requests import follow
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import UserMessage, Waiting
from lashd.testing.faults import Cut, Fault, Reset, Split, Truncate, random_script
from lashd.testing.following import ListTable
from lashd.testing.proxy import FaultProxy

TIMEOUT = 20.0


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr("lashd.connect.jitter.chance", lambda: 0.0)


@contextmanager
def published(path: str, *names: str) -> Iterator[list[Publisher]]:
    """Sessions with a word in each."""
    publishers = [Publisher(name, socket_path=path, start_daemon=False) for name in names]
    try:
        for publisher in publishers:
            publisher.publish(UserMessage("hello"))
            assert publisher.flush(TIMEOUT)
        yield publishers
    finally:
        for publisher in publishers:
            publisher.close()


def frame_starts(path: str) -> list[int]:
    """Where the frames of a snapshot begin, in the bytes that go to a follower, and its end."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect(path)
        protocol = ClientConnection()
        sock.sendall(protocol.greeting() + pack(follow(None)))
        data, is_synced = b"", False
        while not is_synced:
            data += (more := sock.recv(65536))
            is_synced = any(record["type"] == "synced" for record in protocol.receive(more))
    starts, at = [0], 0
    while at < len(data):
        at += HEADER.size + HEADER.unpack_from(data, at)[0]
        starts.append(at)
    return starts


def is_the_list(table: ListTable, path: str) -> bool:
    """The table is what `list` says now."""
    with Client(path) as client:
        return table.is_synced and not table.differences(client.list())


def read_until(client: Client, condition: Callable[[ListTable], object]) -> ListTable:
    """Follow until it holds."""
    table, deadline = ListTable(), time.monotonic() + TIMEOUT
    with client.follow() as following:
        while not condition(table):
            assert time.monotonic() < deadline, table.rows
            for record in following.read(0.1):
                table.take(record)
    return table


def test_a_snapshot_that_is_cut_at_any_place_comes_whole(daemon: EmbeddedDaemon) -> None:
    """In a frame's length, in its body, between two frames."""
    path = daemon.socket_path
    with published(path, "a", "b", "c"):
        starts = frame_starts(path)
        places = {start + more for start in starts for more in (-1, 0, 1, 3, 4, 5, 40)}
        for place in sorted(place for place in places if place > starts[1] + HEADER.size):
            for fault in (Cut(place, "client"), Reset(place, "client"), Truncate(place, "client")):
                with FaultProxy(path, [[fault]]) as proxy:
                    table = read_until(Client(proxy.path), lambda table: is_the_list(table, path))
                    assert set(table.rows) == {"a", "b", "c"}, fault


@pytest.mark.parametrize("seed", range(4))
def test_what_changes_meanwhile_is_not_missed(daemon: EmbeddedDaemon, seed: int) -> None:
    """Connections that are lost again and again, births, removals, questions and words."""
    path = daemon.socket_path
    # A request that is cut is answered by a refusal, as any: here it arrives.
    script = [
        [fault for fault in faults if getattr(fault, "to", "client") == "client"]
        for faults in random_script(seed, 12)
    ]
    script.insert(0, [])
    steps = iter(range(40))

    with published(path, "a", "b", "c") as publishers, FaultProxy(path, script) as proxy:

        def change(table: ListTable) -> bool:
            step = next(steps, None)
            if step is None:
                return is_the_list(table, path)
            publisher = publishers[step % 2]
            publisher.publish(Waiting(f"{step}?") if step % 3 else UserMessage("more"))
            if step % 10 == 5:
                with Client(path) as client, published(path, f"new{step}"):
                    client.remove("c" if step == 5 else f"new{step - 10}", force=True)
            if step % 4 == 1:
                proxy.cut()
            return False

        table = read_until(Client(proxy.path), change)
        assert set(table.rows) == {"a", "b", "new35"}


async def test_the_async_client_comes_back_from_pieces_and_cuts(daemon: EmbeddedDaemon) -> None:
    """Frames in pieces of all sizes, and a cut every few hundred bytes."""
    path = daemon.socket_path
    script: list[list[Fault]] = [
        [Split((1, 3, 7), "client"), Cut(300 + 211 * number, "client")] for number in range(10)
    ]
    script[0] = [Cut(200, "client")]
    table = ListTable()
    with published(path, "a", "b", "c"), FaultProxy(path, script) as proxy:
        async with aio.Client(proxy.path).follow() as following:
            with anyio.fail_after(TIMEOUT):
                async for records in following:
                    for record in records:
                        table.take(record)
                    if await anyio.to_thread.run_sync(is_the_list, table, path):
                        break
    assert set(table.rows) == {"a", "b", "c"}
