"""Connections that can't be served for want of descriptors."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import msgpack
import pytest

from lashd.errors import RequestRefused
from lashd.server.accept import Acceptor
from lashd.server.descriptors import RESERVE
from tests.integration.plain_client import Connection
from tests.waiting import wait_until, wait_until_async


class Full:
    """A listener that has no descriptor for the first connections."""

    def __init__(self, listener: socket.socket, refusals: int, number: int = errno.EMFILE) -> None:
        self._listener = listener
        self._left = refusals
        self._errno = number

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> tuple[socket.socket, Any]:
        if self._left:
            self._left -= 1
            raise OSError(self._errno, os.strerror(self._errno))
        return self._listener.accept()


@pytest.fixture(name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_one_is_refused_and_the_next_is_served(
    private_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is told at once; the log has one line for all of them."""
    import asyncio

    served: list[int] = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            served.append(1)
            transport.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(private_dir / "s"))
        listener.listen(8)
        listener.setblocking(False)
        acceptor = Acceptor(Protocol, b"full")
        acceptor.listen(Full(listener, 1))  # type: ignore[arg-type]
        with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
            one.connect(str(private_dir / "s"))
            one.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(one, 10) == b"full"
            two.connect(str(private_dir / "s"))
            await wait_until_async(lambda: served)
        await acceptor.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def answers(connection: Connection) -> bool:
    """Whether a request is answered, and not refused for want of room."""
    connection.send({"type": "ping"})
    try:
        return bool(connection.receive()["type"] == "pong")
    except RuntimeError as refusal:
        return not str(refusal).startswith("limit: ")


def gets_in(path: str) -> bool:
    """Whether a new connection is served."""
    connection = Connection(path)
    try:
        return answers(connection)
    finally:
        connection.close()


def test_as_many_are_served_as_there_are_descriptors_for(private_dir: Path) -> None:
    """The others are told so, and get in once there is room; the log stays short."""
    room = 16
    path = str(private_dir / "s")
    daemon = subprocess.Popen(
        [
            "sh",
            "-c",
            f'ulimit -n {RESERVE + room} && exec "$0" -m lashd --socket "$1"',
            sys.executable,
            path,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: os.path.exists(path))
        held = [Connection(path) for _ in range(room)]
        assert all(map(answers, held))
        assert not any(gets_in(path) for _ in range(60))
        held.pop().close()
        wait_until(lambda: gets_in(path))
        for connection in held:
            connection.close()
    finally:
        daemon.terminate()
        _, said = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert len(said.splitlines()) < 5, said


def test_a_client_understands_the_refusal(private_dir: Path) -> None:
    """It comes before any hello."""
    from lashd.connect.connection import Connection as OwnConnection
    from lashd.server.server import NO_DESCRIPTORS

    assert msgpack.unpackb(NO_DESCRIPTORS[4:])["code"] == "limit"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(private_dir / "s"))
        listener.listen(1)
        connection = OwnConnection(str(private_dir / "s"), 5.0)
        served, _ = listener.accept()
        with served:
            served.send(NO_DESCRIPTORS)
        with pytest.raises(RequestRefused, match="too many files"):
            connection.shake_hands()
        connection.close()


def test_no_reader_is_left_behind(private_dir: Path) -> None:
    """A closed acceptor can follow another in one loop."""

    async def main() -> None:
        import asyncio

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(private_dir / "s"))
            listener.listen(1)
            listener.setblocking(False)
            acceptor = Acceptor(asyncio.Protocol, b"")
            acceptor.listen(listener)
            await acceptor.close()
            assert not asyncio.get_running_loop().remove_reader(listener)

    anyio.run(main)
