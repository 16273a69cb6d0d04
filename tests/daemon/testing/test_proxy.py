"""The proxy on real sockets: what each side sees of a fault."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lashd.testing.faults import Cut, Delay, Merge, Refuse, Reset, Script, Split, Stall, Truncate
from lashd.testing.proxy import FaultProxy

TIMEOUT = 20.0


class Daemon:
    """A listening socket: what a test's other side accepts from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.listener.settimeout(TIMEOUT)

    def accept(self) -> socket.socket:
        peer, _ = self.listener.accept()
        peer.settimeout(TIMEOUT)
        return peer


@pytest.fixture
def daemon(private_dir: Path) -> Iterator[Daemon]:
    made = Daemon(private_dir / "d")
    with made.listener:
        yield made


@contextmanager
def pair(daemon: Daemon, proxy: FaultProxy) -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(TIMEOUT)
        client.connect(proxy.path)
        with daemon.accept() as peer:
            yield client, peer


def read(one: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes, or what comes before the end."""
    data = b""
    while len(data) < size and (more := one.recv(size - len(data))):
        data += more
    return data


def test_both_directions_are_carried(daemon: Daemon) -> None:
    """Without faults the proxy is not noticed; the end of a stream is carried as well."""
    with FaultProxy(daemon.path) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"question")
        assert read(peer, 8) == b"question"
        client.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b""
        peer.sendall(b"answer")
        assert read(client, 6) == b"answer"
        assert (proxy.passed("daemon"), proxy.passed("client")) == (8, 6)


def test_a_cut_ends_both_sides(daemon: Daemon) -> None:
    """After its byte each side reads the end."""
    with FaultProxy(daemon.path, [[Cut(4)]]) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"12345678")
        assert read(peer, 8) == b"1234"
        assert client.recv(1) == b""
        proxy.wait_for(lambda proxy: proxy.open == 0)


def test_a_cut_of_what_the_client_gets(daemon: Daemon) -> None:
    """Either direction can be counted."""
    script: Script = [[Cut(3, "client")]]
    with FaultProxy(daemon.path, script) as proxy, pair(daemon, proxy) as (client, peer):
        peer.sendall(b"12345678")
        assert read(client, 8) == b"123"
        assert peer.recv(1) == b""


def test_a_reset_is_one(daemon: Daemon) -> None:
    """Whoever had sent more than was read gets ECONNRESET, not an end."""
    with FaultProxy(daemon.path, [[Reset(4)]]) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"12345678")
        assert read(peer, 8) == b"1234"
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_truncated_direction_ends_and_the_other_goes_on(daemon: Daemon) -> None:
    """Its sender doesn't notice."""
    with FaultProxy(daemon.path, [[Truncate(4)]]) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"12345678")
        assert read(peer, 8) == b"1234"
        client.sendall(b"more" * 100_000)
        peer.sendall(b"answer")
        assert read(client, 6) == b"answer"


def test_a_stall_lasts_until_it_is_released(daemon: Daemon) -> None:
    """What was held arrives then, in order."""
    with FaultProxy(daemon.path, [[Stall(4)]]) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"12345678")
        assert read(peer, 4) == b"1234"
        proxy.wait_for(lambda proxy: proxy.stalled == 1)
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(1)
        peer.settimeout(TIMEOUT)
        proxy.release()
        assert read(peer, 4) == b"5678"


def test_a_stalled_sender_is_not_read_without_bound_and_loses_nothing(daemon: Daemon) -> None:
    """Megabytes behind a stall wait at their sender, and all of them arrive."""
    data = bytes(range(256)) * 20_000
    with FaultProxy(daemon.path, [[Stall(0)]]) as proxy, pair(daemon, proxy) as (client, peer):
        sending = threading.Thread(target=client.sendall, args=(data,))
        sending.start()
        proxy.wait_for(lambda proxy: proxy.stalled == 1)
        proxy.release()
        assert read(peer, len(data)) == data
        sending.join()


def test_an_end_behind_a_stall_waits_with_it(daemon: Daemon) -> None:
    """A half-close is never seen before the bytes that were sent before it."""
    with FaultProxy(daemon.path, [[Stall(2)]]) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"1234")
        client.shutdown(socket.SHUT_WR)
        proxy.wait_for(lambda proxy: proxy.stalled == 1)
        proxy.release()
        assert read(peer, 100) == b"1234"


def test_pieces_and_merged_bytes_are_the_same_bytes(daemon: Daemon) -> None:
    """Split in one direction, merged in the other; nothing is lost."""
    script: Script = [[Split((1, 2, 3)), Merge(6, "client")]]
    with FaultProxy(daemon.path, script) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"0123456789")
        assert read(peer, 10) == b"0123456789"
        peer.sendall(b"abc")
        peer.sendall(b"def")
        assert read(client, 6) == b"abcdef"
        peer.sendall(b"g")
        while proxy.passed("client") < 7:
            proxy.release()
        assert read(client, 1) == b"g"


def test_a_delay_waits_for_the_clock_that_was_given(daemon: Daemon) -> None:
    """A test lets time pass; it doesn't spend it."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        await asyncio.sleep(0)

    script: Script = [[Delay(3600.0), Split((2,))]]
    with (
        FaultProxy(daemon.path, script, sleep=sleep) as proxy,
        pair(daemon, proxy) as (client, peer),
    ):
        client.sendall(b"1234")
        assert read(peer, 4) == b"1234"
    assert asked == [3600.0, 3600.0]


def test_a_refused_connection_ends_at_once_and_the_next_has_its_own_faults(daemon: Daemon) -> None:
    """The script is by connection; beyond its end there are no faults."""
    with FaultProxy(daemon.path, [[Refuse()]]) as proxy:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as refused:
            refused.settimeout(TIMEOUT)
            refused.connect(proxy.path)
            assert refused.recv(1) == b""
        proxy.add(Cut(2))
        with pair(daemon, proxy) as (client, peer):
            client.sendall(b"1234")
            assert read(peer, 4) == b"12"
        with pair(daemon, proxy) as (client, peer):
            client.sendall(b"1234")
            assert read(peer, 4) == b"1234"
        assert proxy.accepted == 3


def test_everything_is_cut_at_once_when_asked(daemon: Daemon) -> None:
    """As when a daemon is killed."""
    with FaultProxy(daemon.path) as proxy, pair(daemon, proxy) as (client, peer):
        client.sendall(b"1")
        assert read(peer, 1) == b"1"
        proxy.cut()
        assert client.recv(1) == b""
        assert peer.recv(1) == b""


def test_without_a_daemon_the_client_reads_the_end(private_dir: Path) -> None:
    """The proxy listens although no one is behind it."""
    with (
        FaultProxy(private_dir / "nobody") as proxy,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        client.settimeout(TIMEOUT)
        client.connect(proxy.path)
        assert client.recv(1) == b""


def test_a_wait_in_vain_says_so(daemon: Daemon) -> None:
    """A test that waits for what never comes fails instead of hanging."""
    with FaultProxy(daemon.path) as proxy, pytest.raises(TimeoutError, match="in vain"):
        proxy.wait_for(lambda proxy: proxy.accepted == 1, timeout=0.01)


def test_a_path_that_cannot_be_listened_at_is_an_error(private_dir: Path) -> None:
    """It comes where the proxy is started, and nothing is left behind."""
    with pytest.raises(OSError, match="No such file"):
        FaultProxy("/nobody", path=private_dir / "missing" / "s").start()
