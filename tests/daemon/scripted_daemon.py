"""A daemon that says what a test tells it to, on a real Unix socket."""

from __future__ import annotations

import os
import queue
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import msgpack

from lashd.protocol.client import pack
from lashd.protocol.framing import FrameDecoder
from lashd.wire_limits import FEATURES, MAX_FRAME_BYTES

Script = Callable[["Peer"], None]
TIMEOUT = 20.0
"""Seconds until a script that hears nothing has failed."""


@contextmanager
def socket_dir() -> Iterator[str]:
    """A directory with a path short enough for sockets."""
    path = tempfile.mkdtemp(prefix="lt-", dir="/tmp")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def cursor(n: int, *, incarnation: int = 7, session: str = "s") -> str:
    """A cursor's text."""
    return f"lashsc1:0:{incarnation << 40 | n}:{session}"


def prose(n: int, text: str = "x", *, incarnation: int = 7) -> dict[str, Any]:
    """An event record."""
    activity = {"id": f"e{n}", "correlation_id": "c", "type": "assistant_prose_delta", "text": text}
    return {
        "type": "turn_activity",
        "session_id": "s",
        "revision": 0,
        "cursor": cursor(n, incarnation=incarnation),
        "at": 0,
        "activity": activity,
    }


def attached(n: int, served: str = "replay") -> dict[str, Any]:
    """An `attached` record."""
    return {"type": "attached", "session_id": "s", "cursor": cursor(n), "served": served}


def kinds(records: list[dict[str, Any]]) -> list[str]:
    """The types of records."""
    return [record["type"] for record in records]


class Hung(Exception):
    """The client closed the connection."""


class Peer:
    """The daemon's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._frames = FrameDecoder()

    def read(self) -> dict[str, Any]:
        """The next message of the client."""
        while (body := self._frames.next_frame(MAX_FRAME_BYTES)) is None:
            data = self.sock.recv(65536)
            if not data:
                raise Hung
            self._frames.receive_data(data)
        message: dict[str, Any] = msgpack.unpackb(body)
        return message

    def send(self, *records: dict[str, Any]) -> None:
        """Send records, all in one write."""
        self.sock.sendall(b"".join(map(pack, records)))

    def hello(
        self, protocol: int = 1, features: tuple[str, ...] | None = FEATURES
    ) -> dict[str, Any]:
        """Say hello and read the client's; None for a daemon that names no features."""
        hello = {"type": "hello", "protocol": protocol, "version": "9", "incarnation": 7, "pid": 1}
        self.send(hello if features is None else {**hello, "features": list(features)})
        return self.read()

    def hold(self) -> None:
        """Wait until the client hangs up."""
        try:
            while True:
                self.read()
        except (Hung, OSError):
            pass


class ScriptedDaemon:
    """Runs the next script for each connection; one without a script is closed at once."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts: queue.SimpleQueue[Script] = queue.SimpleQueue()
        for script in scripts:
            self._scripts.put(script)
        self.connections = 0
        self.errors: list[BaseException] = []
        self._dir = tempfile.mkdtemp(prefix="lt-", dir="/tmp")
        self.path = os.path.join(self._dir, "s")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(16)
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for sock in self._peers:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join()
        for sock in self._peers:
            sock.close()
        shutil.rmtree(self._dir, ignore_errors=True)
        if self.errors and error[0] is None:
            raise self.errors[0]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(TIMEOUT)
            self._peers.append(sock)
            try:
                script = self._scripts.get_nowait()
            except queue.Empty:
                sock.close()
                continue
            thread = threading.Thread(target=self._run, args=(script, sock), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, script: Script, sock: socket.socket) -> None:
        try:
            script(Peer(sock))
        except Hung:
            pass
        except BaseException as error:
            self.errors.append(error)
        finally:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
