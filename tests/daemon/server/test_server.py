"""A real daemon at a real socket: many at once, stalled readers, garbage, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import msgpack
import pytest

from lashd.limits import DaemonLimits, StoreLimits
from lashd.server import server as server_module
from lashd.server.embedded import EmbeddedDaemon
from lashd.wire_limits import KIB
from tests.integration.plain_client import Connection, GoneError, Publisher
from tests.waiting import wait_until

Record = dict[str, Any]
DEADLINE = 20.0


@contextlib.contextmanager
def connected(daemon: EmbeddedDaemon) -> Iterator[Connection]:
    """A connection after its hello."""
    connection = Connection(daemon.socket_path)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def publishing(daemon: EmbeddedDaemon, session_id: str = "s") -> Iterator[Publisher]:
    """A publisher of a session that has been created."""
    publisher = Publisher(daemon.socket_path, session_id)
    publisher.connection.send({"type": "ping"})
    while publisher.connection.receive()["type"] != "pong":
        pass
    try:
        yield publisher
    finally:
        publisher.connection.close()


def message(text: str) -> Record:
    return {"type": "user_message", "text": text}


def publish(publisher: Publisher, *texts: str) -> None:
    publisher.publish(*map(message, texts))
    publisher.send()
    publisher.wait()


def read_texts(path: str, session_id: str, last: str, out: list[list[str]]) -> None:
    """Attach, read until `last` has come, keep what came."""
    connection = Connection(path)
    connection.send({"type": "attach", "session_id": session_id, "wait": True, "start": "start"})
    found: list[str] = []
    while not found or found[-1] != last:
        record = connection.receive()
        assert record["type"] != "gap"
        if record["type"] == "turn_activity":
            found.append(record["activity"]["text"])
    connection.close()
    out.append(found)


def test_many_publishers_and_readers_at_once(daemon: EmbeddedDaemon) -> None:
    """Eight sessions, five readers each: everyone gets everything of its session, in order."""
    sessions = [f"s{number}" for number in range(8)]
    expected = {name: [f"{name}.{number}" for number in range(300)] for name in sessions}
    got: dict[str, list[list[str]]] = {name: [] for name in sessions}

    def run_publisher(name: str) -> None:
        with publishing(daemon, name) as publisher:
            for start in range(0, 300, 30):
                publish(publisher, *expected[name][start : start + 30])

    threads = [
        threading.Thread(
            target=read_texts, args=(daemon.socket_path, name, expected[name][-1], got[name])
        )
        for name in sessions
        for _ in range(5)
    ]
    threads += [threading.Thread(target=run_publisher, args=(name,)) for name in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert got == {name: [expected[name]] * 5 for name in sessions}


def test_several_publishers_into_one_session(daemon: EmbeddedDaemon) -> None:
    """The events of each come once and in its order, whatever the others do."""

    def run_publisher(name: str) -> None:
        publisher = Publisher(daemon.socket_path, "s")
        for number in range(100):
            publisher.publish(message(f"{name}{number}"))
            if number % 10 == 0:
                publisher.drop()
            elif number % 3 == 0:
                publisher.send()
        publisher.send()
        publisher.wait()
        publisher.connection.close()

    threads = [threading.Thread(target=run_publisher, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    out: list[list[str]] = []
    with publishing(daemon, "s") as marker:
        publish(marker, "end")
        read_texts(daemon.socket_path, "s", "end", out)
    for name in "abcd":
        assert [text for text in out[0] if text[0] == name] == [
            f"{name}{number}" for number in range(100)
        ]


def test_a_reader_that_never_reads_costs_little_and_slows_nobody() -> None:
    """It is stopped dead; the publisher's acks and another reader go on; what waits is bounded."""
    transports: list[Any] = []
    original = server_module.ServerTransport.connection_made

    def remember(self: Any, transport: Any) -> None:
        transports.append(transport)
        original(self, transport)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_module.ServerTransport, "connection_made", remember)
        with EmbeddedDaemon() as daemon, publishing(daemon) as publisher:
            stalled = [Connection(daemon.socket_path) for _ in range(5)]
            for connection in stalled:
                connection.send({"type": "attach", "session_id": "s"})
            with connected(daemon) as reader:
                reader.send({"type": "attach", "session_id": "s", "start": "now"})
                assert [reader.receive()["type"] for _ in range(2)] == ["attached", "synced"]
                for number in range(100):
                    publish(publisher, f"{number} " + "x" * 50_000)
                    assert reader.receive()["activity"]["text"].startswith(f"{number} ")
                assert (
                    max(transport.get_write_buffer_size() for transport in transports) <= 256 * KIB
                )
                assert any(transport.get_write_buffer_size() > 0 for transport in transports)
            for connection in stalled:
                # Awake again, it catches up: everything, as the ring still holds it.
                kinds = [connection.receive()["type"] for _ in range(103)]
                assert kinds == ["attached", "observation", "synced"] + ["turn_activity"] * 100
                connection.close()


def test_a_stalled_reader_past_the_ring_gets_one_gap_when_it_wakes() -> None:
    """300 events went by; it gets one gap and the whole session."""
    limits = replace(DaemonLimits(), store=StoreLimits(max_events_per_session=50))
    with (
        EmbeddedDaemon(limits=limits) as daemon,
        publishing(daemon) as publisher,
        connected(daemon) as stalled,
    ):
        stalled.send({"type": "attach", "session_id": "s"})
        for number in range(300):
            publish(publisher, f"{number} " + "x" * 10_000)
        records: list[Record] = []
        while "gap" not in [record["type"] for record in records[-2:-1]]:
            records.append(stalled.receive())
        kinds = [record["type"] for record in records]
        assert kinds.count("gap") == kinds.count("observation") - 1 == 1
        assert kinds.count("synced") == 1
        assert records[-1]["read_view"]["entries"][-1]["text"].startswith("299 ")


def test_a_snapshot_of_megabytes_arrives_whole(daemon: EmbeddedDaemon) -> None:
    """It is sent in slices, and is one record."""
    with publishing(daemon) as publisher:
        for number in range(7):
            publish(publisher, str(number) * 500_000)
        with connected(daemon) as reader:
            reader.send({"type": "show", "session_id": "s"})
            view = reader.receive()["read_view"]
            assert sum(len(entry["text"]) for entry in view["entries"]) == 3_500_000


def test_large_replies_asked_for_in_one_go_all_come(daemon: EmbeddedDaemon) -> None:
    """Each time that the client has taken one, the next is made; none is forgotten."""
    with publishing(daemon) as publisher, connected(daemon) as reader:
        publish(publisher, "x" * 900_000)
        body = msgpack.packb({"type": "show", "session_id": "s"})
        reader.socket.sendall((struct.pack(">I", len(body)) + body) * 6)
        shown = [reader.receive()["read_view"]["entries"][0]["text"] for _ in range(6)]
        assert set(shown) == {"x" * 900_000}
        reader.send({"type": "ping"})
        assert reader.receive()["type"] == "pong"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff" + b"x" * 100,
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x03abc",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 5000) + b"x" * 5000,
        struct.pack(">I", 40) + b"cut",
    ],
)
def test_garbage_is_answered_and_closed_and_nobody_else_notices(
    daemon: EmbeddedDaemon, garbage: bytes
) -> None:
    """Before and after the hello; publisher and reader continue."""
    with publishing(daemon) as publisher, connected(daemon) as reader:
        reader.send({"type": "attach", "session_id": "s", "start": "now"})
        assert [reader.receive()["type"] for _ in range(2)] == ["attached", "synced"]
        for hello in (True, False):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.settimeout(DEADLINE)
                raw.connect(daemon.socket_path)
                if hello:
                    body = msgpack.packb({"type": "hello", "protocol": 1})
                    raw.sendall(struct.pack(">I", len(body)) + body)
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                data = b""
                while more := raw.recv(65536):
                    data += more
            assert b"bad_request" in data
        publish(publisher, "still here")
        assert reader.receive()["activity"]["text"] == "still here"


def test_a_connection_cut_anywhere_leaves_the_daemon_whole(daemon: EmbeddedDaemon) -> None:
    """Every prefix of a publisher's bytes, then nothing."""

    def packed(record: Record) -> bytes:
        body: bytes = msgpack.packb(record)
        return struct.pack(">I", len(body)) + body

    stream = b"".join(
        packed(record)
        for record in (
            {"type": "hello", "protocol": 1},
            {"type": "open", "session_id": "s", "publisher_id": "p"},
            {"type": "append", "first": 1, "events": [message("a")]},
        )
    )
    for size in range(len(stream)):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(daemon.socket_path)
            raw.sendall(stream[:size])
    with connected(daemon) as peer:
        peer.send({"type": "list"})
        assert [item for item in peer.receive()["sessions"] if item["events"]] == []


def test_a_silent_connection_is_closed() -> None:
    """With a message that says why."""
    with EmbeddedDaemon(limits=replace(DaemonLimits(), hello_timeout=0.1)) as daemon:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(DEADLINE)
            raw.connect(daemon.socket_path)
            data = b""
            while more := raw.recv(65536):
                data += more
        assert b"no hello" in data


def test_one_connection_too_many_is_refused() -> None:
    """With the code `limit`; the others are not disturbed."""
    limits = replace(DaemonLimits(), max_connections=2)
    with (
        EmbeddedDaemon(limits=limits) as daemon,
        connected(daemon) as first,
        connected(daemon),
    ):
        with pytest.raises(RuntimeError, match="limit"), connected(daemon) as third:
            third.receive()
        first.send({"type": "ping"})
        assert first.receive()["type"] == "pong"


def test_a_connection_of_another_user_is_cut_off(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it has received a byte."""
    monkeypatch.setattr(server_module, "peer_uid", lambda _: os.getuid() + 1)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(DEADLINE)
        raw.connect(daemon.socket_path)
        assert raw.recv(100) == b""


def test_a_lost_publisher_is_cut_off_after_its_grace() -> None:
    """Readers see the end, and the reopening when it returns."""
    limits = replace(DaemonLimits(), publisher_grace=0.05)
    with (
        EmbeddedDaemon(limits=limits) as daemon,
        publishing(daemon) as publisher,
        connected(daemon) as reader,
    ):
        reader.send({"type": "attach", "session_id": "s", "start": "now"})
        assert [reader.receive()["type"] for _ in range(2)] == ["attached", "synced"]
        publisher.connection.close()
        assert reader.receive()["outcome"] == "cut_off"
        publisher.connect()
        assert reader.receive()["kind"] == "opened"


def test_a_stop_says_goodbye_to_everyone_and_removes_the_socket(daemon: EmbeddedDaemon) -> None:
    """Each in its way: `end` to readers, `stopping` to the others; then the connection ends."""
    with publishing(daemon) as publisher:
        with connected(daemon) as reader, connected(daemon) as idle:
            reader.send({"type": "attach", "session_id": "s", "start": "now"})
            assert [reader.receive()["type"] for _ in range(2)] == ["attached", "synced"]
            with connected(daemon) as peer:
                peer.send({"type": "stop"})
                assert peer.receive()["type"] == "stopping"
            end = reader.receive()
            assert (end["type"], end["reason"]) == ("end", "stopped")
            assert idle.receive()["type"] == publisher.connection.receive()["type"] == "stopping"
            for connection in (reader, idle, publisher.connection):
                with pytest.raises(GoneError):
                    connection.receive()
        wait_until(lambda: not os.path.exists(daemon.socket_path))


def test_a_stop_does_not_wait_long_for_a_reader_that_has_stalled() -> None:
    """`drain_timeout` bounds it."""
    limits = replace(DaemonLimits(), drain_timeout=0.2)
    with (
        EmbeddedDaemon(limits=limits) as daemon,
        publishing(daemon) as publisher,
        connected(daemon) as stalled,
    ):
        stalled.send({"type": "attach", "session_id": "s"})
        for _ in range(5):
            publish(publisher, "x" * 500_000)
        begun = time.monotonic()
        daemon.stop()
        assert time.monotonic() - begun < 5


async def test_it_ends_by_itself_after_so_long_without_a_connection() -> None:
    """`idle_exit` counts from the start, and it leaves no socket."""
    daemon = EmbeddedDaemon()  # only for its private directory
    with anyio.fail_after(DEADLINE):
        await server_module.serve(daemon.socket_path, idle_exit=0.05)
    assert not await anyio.Path(daemon.socket_path).exists()
    daemon._remove()


@pytest.mark.parametrize("use_uvloop", [False, True])
def test_it_serves_on_both_loops(use_uvloop: bool) -> None:
    """asyncio's own and uvloop."""
    if use_uvloop:
        pytest.importorskip("uvloop")
    daemon = EmbeddedDaemon()
    results: list[list[str]] = []

    async def main() -> None:
        stop = anyio.Event()
        ready = anyio.Event()

        def client() -> None:
            with publishing(daemon) as publisher:
                for start in range(10):
                    publish(publisher, *(f"{start}.{number} " * 2000 for number in range(20)))
                read_texts(daemon.socket_path, "s", "9.19 " * 2000, results)

        async with anyio.create_task_group() as group:
            group.start_soon(
                partial(server_module.serve, daemon.socket_path, ready=ready.set, stop=stop)
            )
            await ready.wait()
            await anyio.to_thread.run_sync(client)
            stop.set()

    anyio.run(main, backend_options={"use_uvloop": use_uvloop})
    daemon._remove()
    assert len(results[0]) == 200
