"""The other end of a Unix socket: its user, and whether anyone listens."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.connect.peer import is_listening, peer_uid


@pytest.fixture
def place() -> Iterator[Path]:
    """A short private directory: pytest's own may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="lb-", dir="/tmp") as directory:
        yield Path(directory)


def test_the_peers_user_is_known() -> None:
    """The system says who is at the other end; nothing that was sent can forge it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.getuid()


def test_a_listening_socket_is_listening_until_it_is_closed(place: Path) -> None:
    """A socket file that its process has left behind does not count."""
    path = str(place / "s")
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(path)
        live.listen(1)
        assert is_listening(path)
    assert os.path.exists(path)
    assert not is_listening(path)


def test_nobody_listens_where_there_is_no_socket(place: Path) -> None:
    """Neither at a missing path, nor below a file, nor at a file."""
    (place / "file").touch()
    for path in (place / "none", place / "file" / "s", place / "file"):
        assert not is_listening(str(path))


def test_a_socket_with_a_full_backlog_is_listening(place: Path) -> None:
    """Its process is busy, not dead: it must not be replaced."""
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(place / "s"))
        live.listen(0)
        clients = []
        try:
            for _ in range(4):
                client = socket.socket(socket.AF_UNIX)
                clients.append(client)
                client.setblocking(False)
                client.connect_ex(str(place / "s"))
            assert is_listening(str(place / "s"))
        finally:
            for client in clients:
                client.close()


def test_what_cannot_be_told_is_an_error(place: Path) -> None:
    """A socket of another type is in use by something; it is not called free."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(place / "s"))
        with pytest.raises(OSError, match="type"):
            is_listening(str(place / "s"))
