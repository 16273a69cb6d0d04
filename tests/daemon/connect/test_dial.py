"""The far side: stdin and stdout joined to a socket."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.connect import dial
from lashd.connect.dial import ENDS_WITHIN, READ_BYTES, dial_local, join
from lashd.errors import ConnectionFailed

TOO_MUCH = 4 * 1024 * 1024
"""More than the pipe, the socket and one piece hold."""
PIECES = st.lists(st.binary(max_size=2000).map(lambda data: data * 150), max_size=4)


class Joined:
    """A join that runs in a thread, with both of its ends in our hands."""

    def __init__(self, ends_within: float = ENDS_WITHIN) -> None:
        self.daemon, ours = socket.socketpair()
        source, self.stdin = os.pipe()
        self.stdout, target = os.pipe()
        self.daemon.settimeout(20)

        def run() -> None:
            with ours:
                join(ours, source, target, ends_within)
            os.close(source)
            os.close(target)

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def close_stdin(self) -> None:
        os.close(self.stdin)
        self.stdin = -1

    def close(self) -> None:
        self.daemon.close()
        if self.stdin >= 0:
            os.close(self.stdin)
        os.close(self.stdout)
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture(name="joined")
def _joined() -> Iterator[Joined]:
    joined = Joined()
    yield joined
    joined.close()


def read_all(read: object, size: int) -> bytes:
    """So many bytes, as they come."""
    assert callable(read)
    data = b""
    while len(data) < size:
        piece = read(READ_BYTES)
        assert piece
        data += piece
    return data


@given(PIECES, PIECES)
@settings(max_examples=25, deadline=None)
def test_all_bytes_arrive_both_ways(up: list[bytes], down: list[bytes]) -> None:
    """However they are cut, at once, and more than anything holds."""
    joined = Joined()
    found: list[bytes] = []
    daemon_reads = threading.Thread(
        target=lambda: found.append(read_all(joined.daemon.recv, sum(map(len, up))))
    )
    daemon_writes = threading.Thread(target=joined.daemon.sendall, args=(b"".join(down),))
    client_writes = threading.Thread(target=write_all, args=(joined.stdin, b"".join(up)))
    threads = (daemon_reads, daemon_writes, client_writes)
    for thread in threads:
        thread.start()
    came = read_all(lambda size: os.read(joined.stdout, size), sum(map(len, down)))
    for thread in threads:
        thread.join(20)
    joined.close()
    assert (found, came) == ([b"".join(up)], b"".join(down))


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def test_the_clients_end_is_told_to_the_daemon_whose_last_words_arrive(joined: Joined) -> None:
    """A half-close: replies to what was asked before still come."""
    os.write(joined.stdin, b"question")
    joined.close_stdin()
    assert read_all(joined.daemon.recv, 8) == b"question"
    assert joined.daemon.recv(1) == b""
    joined.daemon.sendall(b"answer")
    joined.daemon.shutdown(socket.SHUT_WR)
    assert read_all(lambda size: os.read(joined.stdout, size), 6) == b"answer"
    joined.thread.join(20)
    assert os.read(joined.stdout, 1) == b""


def test_a_daemon_that_hangs_does_not_keep_it_when_the_client_has_ended() -> None:
    """Nor ssh and a login with it: whoever tries again would leave one more each time."""
    joined = Joined(ends_within=0.05)
    joined.close_stdin()
    joined.thread.join(20)
    assert not joined.thread.is_alive()
    joined.close()


def test_a_daemon_that_takes_no_connection_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs, and the kernel's queue for it is full."""
    monkeypatch.setattr(dial, "TAKEN_WITHIN", 0.05)
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as daemon, ExitStack() as queue:
        daemon.bind(path)
        daemon.listen(0)
        while True:
            client = queue.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                break
        with pytest.raises(ConnectionFailed, match="does not accept connections"):
            dial_local(path, start=False)


def test_the_daemons_end_ends_it(joined: Joined) -> None:
    """While the client has more to say."""
    joined.daemon.close()
    joined.thread.join(20)
    assert not joined.thread.is_alive()


def test_who_takes_nothing_is_not_read_for(joined: Joined) -> None:
    """One piece waits here, the rest where it comes from."""
    joined.daemon.setblocking(False)
    sent = 0
    while select.select([], [joined.daemon], [], 0.2)[1] and sent < TOO_MUCH:
        sent += joined.daemon.send(b"x" * 4096)
    assert sent < TOO_MUCH
