"""The other end of a Unix socket: its user, and whether anyone listens."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lashd.connect.peer import is_listening, peer_uid


def test_the_peers_user_is_known() -> None:
    """The system says who is at the other end; nothing that was sent can forge it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.getuid()


def test_a_listening_socket_is_listening_until_it_is_closed(private_dir: Path) -> None:
    """A socket file that its process has left behind does not count."""
    path = str(private_dir / "s")
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(path)
        live.listen(1)
        assert is_listening(path)
    assert os.path.exists(path)
    assert not is_listening(path)


def test_nobody_listens_where_there_is_no_socket(private_dir: Path) -> None:
    """Neither at a missing path, nor below a file, nor at a file."""
    (private_dir / "file").touch()
    for path in (private_dir / "none", private_dir / "file" / "s", private_dir / "file"):
        assert not is_listening(str(path))


def test_a_socket_with_a_full_backlog_is_listening(private_dir: Path) -> None:
    """Its process is busy, not dead: it must not be replaced."""
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(private_dir / "s"))
        live.listen(0)
        clients = []
        try:
            for _ in range(4):
                client = socket.socket(socket.AF_UNIX)
                clients.append(client)
                client.setblocking(False)
                client.connect_ex(str(private_dir / "s"))
            assert is_listening(str(private_dir / "s"))
        finally:
            for client in clients:
                client.close()


def test_what_cannot_be_told_is_an_error(private_dir: Path) -> None:
    """A socket of another type is in use by something; it is not called free."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(private_dir / "s"))
        with pytest.raises(OSError, match="type"):
            is_listening(str(private_dir / "s"))
