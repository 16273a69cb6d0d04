"""The socket of Codex's app server: only the user's own is used, whatever answers there."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, unix_serve

from lashtui.ingest.live.codex import socket as module
from lashtui.ingest.live.codex.socket import Connection, Gone, Refused, find_socket
from tests.waiting import wait_until


@contextmanager
def serving(path: Path, handle: Callable[[ServerConnection], None]) -> Iterator[None]:
    """A WebSocket server on a socket of its own."""
    with unix_serve(handle, str(path), max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def place(private_dir: Path) -> Path:
    """Where Codex keeps its socket."""
    place = private_dir / "app-server-control"
    place.mkdir(mode=0o700)
    return place / "app-server-control.sock"


def listen(path: Path) -> socket.socket:
    """A socket at which somebody listens and says nothing."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    return listener


def test_no_socket(private_dir: Path, place: Path) -> None:
    """Nothing there, or a link that a server left behind."""
    assert find_socket(str(private_dir / "none")) is None
    assert find_socket(str(private_dir)) is None
    place.symlink_to(private_dir / "gone")
    assert find_socket(str(private_dir)) is None


def test_a_link_into_a_directory_of_ones_own(private_dir: Path, place: Path) -> None:
    """So Codex makes it, as a socket's name is short."""
    own = private_dir / "own"
    own.mkdir(mode=0o700)
    place.symlink_to(own / "s")
    with listen(own / "s"):
        assert find_socket(str(private_dir)) == os.path.realpath(own / "s")


def test_a_directory_that_others_may_write_to_is_refused(private_dir: Path, place: Path) -> None:
    """Anybody could put a socket there."""
    own = private_dir / "own"
    own.mkdir()
    own.chmod(0o777)
    place.symlink_to(own / "s")
    with listen(own / "s"), pytest.raises(Refused, match="other users may write to"):
        find_socket(str(private_dir))


def test_a_socket_of_another_user_is_refused(
    private_dir: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could say anything."""
    with listen(place):
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(Refused, match="belongs to user"):
            find_socket(str(private_dir))


def test_another_user_who_answers_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever the file belongs to."""
    with listen(place):
        monkeypatch.setattr(module, "peer_uid", lambda connection: os.getuid() + 1)
        with pytest.raises(Refused, match="answers at"):
            Connection(str(place))


def test_a_file_is_no_socket(private_dir: Path, place: Path) -> None:
    """It is not connected to."""
    place.write_text("")
    with pytest.raises(Refused, match="no socket"):
        find_socket(str(private_dir))


def test_nobody_listens(place: Path) -> None:
    """A server was there."""
    listen(place).close()
    with pytest.raises(Gone):
        Connection(str(place))


def test_a_server_that_does_not_shake_hands(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after a while."""
    monkeypatch.setattr(module, "WITHIN", 0.1)
    with listen(place), pytest.raises(Gone):
        Connection(str(place))


def test_messages_of_all_sizes(place: Path) -> None:
    """In pieces and with pings between them, up to the largest."""

    def handle(server: ServerConnection) -> None:
        server.ping()
        server.send('{"a": 1}')
        server.send(iter(['{"b":', " 2", "}"]))
        server.send("x" * (1024 * 1024))
        assert server.recv() == "hello"
        server.send("bye")

    with serving(place, handle):
        connection = Connection(str(place))
        assert connection.receive(5) == b'{"a": 1}'
        assert connection.receive(5) == b'{"b": 2}'
        assert connection.receive(5) == b"x" * (1024 * 1024)
        assert connection.receive(0.01) is None
        connection.send(b"hello")
        assert connection.receive(5) == b"bye"
        with pytest.raises(Gone):
            connection.receive(5)
        with pytest.raises(Gone):
            connection.send(b"more")
        connection.close()


def test_a_frame_that_is_too_large_ends_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read into memory."""
    monkeypatch.setattr(module, "MAX_FRAME", 1000)

    def handle(server: ServerConnection) -> None:
        server.send("x" * 2000)
        server.recv()

    with serving(place, handle):
        connection = Connection(str(place))
        with pytest.raises(Gone):
            connection.receive(5)
        connection.close()


def test_bytes_that_are_no_websocket_end_it(place: Path) -> None:
    """After the handshake as well."""

    def handle(server: ServerConnection) -> None:
        server.socket.sendall(b"\xff" * 100)
        wait_until(lambda: server.state.name != "OPEN")

    with serving(place, handle):
        connection = Connection(str(place))
        with pytest.raises(Gone):
            connection.receive(5)
        connection.close()
