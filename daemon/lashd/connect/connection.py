"""A blocking connection to the daemon."""

from __future__ import annotations

import os
import socket
import time

from lashd.address import far_name, is_remote
from lashd.connect.failures import closed, explain, lost, no_answer
from lashd.connect.peer import peer_uid
from lashd.errors import ConnectionFailed, ProtocolViolation
from lashd.protocol.client import ClientConnection, pack, unpack
from lashd.protocol.requests import reply_or_raise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record

READ_BYTES = 256 * 1024
"""One read: as much as the daemon ever has outstanding to a connection."""

HELLO_WITHIN = 3.0
"""Seconds for the hello before a request: a person is waiting for it. A busy daemon holds its loop
for 10 ms, and a swapping machine for a second; a daemon that takes longer hangs."""


def connect_socket(path: str, timeout: float | None, *, start: bool = False) -> socket.socket:
    """A connected socket whose other end is a process of this user (or of root).

    For an address of another machine that process is ssh, and a daemon is started there if `start`.

    Raises:
        ConnectionFailed: nothing listens there, or a process of another user.
    """
    if is_remote(path):
        from lashd.connect.dialled import dial

        return dial(path, timeout, start=start)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(path)
        check_peer(sock, path)
    except OSError as error:
        sock.close()
        raise ConnectionFailed(explain(error, path)) from None
    except BaseException:
        sock.close()
        raise
    return sock


def check_peer(sock: socket.socket, path: str) -> None:
    """Refuse a daemon of another user: in a shared /tmp anybody could have made the socket.

    Raises:
        ConnectionFailed: the peer runs as someone else.
    """
    uid = peer_uid(sock)
    if uid is None:
        uid = os.stat(path).st_uid
    if uid not in (os.geteuid(), 0):
        raise ConnectionFailed(f"the daemon at {path} runs as another user (uid {uid})")


def hello_within(path: str, timeout: float) -> float:
    """Seconds to wait for the hello at `path`, where each reply may take `timeout`."""
    if not is_remote(path):
        return min(timeout, HELLO_WITHIN)
    from lashd.connect import dialled

    asked = dialled.Questions.allowed
    return max(timeout, dialled.ANSWERED_WITHIN if asked else dialled.HELLO_WITHIN)


def ended(sock: socket.socket, path: str) -> ConnectionFailed:
    """Why `sock`, which has nothing more to read, has ended."""
    if is_remote(path):
        from lashd.connect.dialled import DialledSocket

        if isinstance(sock, DialledSocket):
            return sock.reason()
    return closed(path)


class Connection:
    """One connection: a socket and the protocol over it. Every failure is a ConnectionFailed."""

    def __init__(
        self,
        path: str,
        timeout: float,
        decode: Decode = unpack,
        sock: socket.socket | None = None,
    ) -> None:
        """Connect within `timeout` seconds, or take `sock`; each answer may take as long."""
        self.path = path
        self.timeout = timeout
        self.protocol = ClientConnection(decode=decode, where=far_name(path))
        self.sock = connect_socket(path, timeout) if sock is None else sock

    @classmethod
    def open(cls, path: str, timeout: float, decode: Decode = unpack) -> Connection:
        """A connection ready for requests. `timeout` bounds each reply, `HELLO_WITHIN` the hello.

        Raises:
            VersionMismatch: the daemon speaks another protocol; the message says what to do.
            ConnectionFailed: no daemon answers.
            RequestRefused: the daemon has no room for another connection.
        """
        connection = cls(path, hello_within(path, timeout), decode)
        try:
            for record in connection.shake_hands():  # a refusal may come with the hello
                reply_or_raise({"type": "hello"}, record)
            connection.set_timeout(timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def hello(self) -> Record | None:
        """The daemon's hello {protocol, version, incarnation, pid}, once received."""
        return self.protocol.hello

    def send(self, data: bytes) -> None:
        """Send all of it. That the daemon has closed the connection comes out of `receive`:
        what it said before (that it is full, that it stops) is still there to read.
        """
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError as error:
            raise lost(self.path, error) from None

    def receive(self) -> list[Record]:
        """The records that have arrived; waits up to the timeout if there are none."""
        try:
            data = self.sock.recv(READ_BYTES)
        except TimeoutError:
            raise no_answer(self.path, self.timeout) from None
        except OSError as error:
            if is_remote(self.path):
                raise ended(self.sock, self.path) from None
            raise lost(self.path, error) from None
        if not data:
            raise ended(self.sock, self.path)
        try:
            return self.protocol.receive(data)
        except ProtocolViolation as error:
            raise ConnectionFailed(str(error)) from None

    def greet(self, then: bytes = b"") -> None:
        """Send our hello and `then`. The daemon's hello comes out of `receive`."""
        self.send(self.protocol.greeting() + then)

    def shake_hands(self, then: bytes = b"") -> list[Record]:
        """Greet, and wait for the daemon's hello; the records that came along with it."""
        self.greet(then)
        records: list[Record] = []
        deadline = time.monotonic() + self.timeout
        while self.hello is None:
            if time.monotonic() > deadline:
                raise no_answer(self.path, self.timeout)
            records = self.receive()
        return records

    def request(self, message: Record) -> Record:
        """Send one message, return the reply.

        Raises:
            RequestRefused: the reply is an error.
        """
        self.send(pack(message))
        records: list[Record] = []
        while not records:
            records = self.receive()
        return reply_or_raise(message, records[0])

    def set_timeout(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for each answer."""
        self.timeout = timeout
        self.sock.settimeout(timeout)

    def close(self) -> None:
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
