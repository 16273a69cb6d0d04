"""A blocking connection to the daemon, and what each of its failures means to a person."""

from __future__ import annotations

import errno
import os
import socket
import time

from lashd.connect.peer import peer_uid
from lashd.errors import ConnectionFailed, ProtocolViolation
from lashd.protocol.client import ClientConnection, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record

READ_BYTES = 256 * 1024
"""One read: as much as the daemon ever has outstanding to a connection."""


def connect_socket(path: str, timeout: float | None) -> socket.socket:
    """A connected socket whose other end is a process of this user (or of root).

    Raises:
        ConnectionFailed: nobody listens there, or not someone to trust.
    """
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


def explain(error: OSError, path: str) -> str:
    """One sentence: what happened at `path` and what to do."""
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return f"the daemon at {path} does not take connections: it hangs or is overloaded"
    if error.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR):
        return f"no daemon runs at {path} (start one with `lashtui daemon start`)"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission to connect to {path}; is it another user's daemon?"
    if error.errno in (errno.ENOTSOCK, errno.EPROTOTYPE):
        return f"{path} is not a daemon's socket"
    return f"can't connect to the daemon at {path}: {error.strerror or error}"


class BlockingLink:
    """One connection: a socket and the protocol over it. Each failure is a ConnectionFailed."""

    def __init__(self, path: str, timeout: float, decode: Decode = unpack) -> None:
        self.path = path
        self.timeout = timeout
        self.core = ClientConnection(decode=decode)
        self.sock = connect_socket(path, timeout)

    def send(self, data: bytes) -> None:
        """Send all of it. That the daemon has hung up comes out of `receive`.

        What it said before (that it is full, that it stops) is still to be read.
        """
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError as error:
            raise ConnectionFailed(
                f"the connection to the daemon at {self.path} was lost: {error.strerror or error}"
            ) from None

    def receive(self) -> list[Record]:
        """What has come; waits for up to the socket's timeout if there is nothing."""
        try:
            data = self.sock.recv(READ_BYTES)
        except TimeoutError:
            raise ConnectionFailed(
                f"the daemon at {self.path} does not answer within {self.timeout:g} s"
            ) from None
        except OSError as error:
            raise ConnectionFailed(
                f"the connection to the daemon at {self.path} was lost: {error.strerror or error}"
            ) from None
        if not data:
            raise ConnectionFailed(f"the daemon at {self.path} closed the connection")
        try:
            return self.core.receive(data)
        except ProtocolViolation as error:
            raise ConnectionFailed(str(error)) from None

    def greet(self, then: bytes = b"") -> list[Record]:
        """Shake hands, with `then` sent along; the records that came with the hello."""
        self.send(self.core.greeting() + then)
        records: list[Record] = []
        deadline = time.monotonic() + self.timeout
        while self.core.hello is None:
            if time.monotonic() > deadline:
                raise ConnectionFailed(f"the daemon at {self.path} says no hello")
            records = self.receive()
        return records

    def be_patient(self, timeout: float) -> None:
        """Wait for answers for so many seconds from now on."""
        self.timeout = timeout
        self.sock.settimeout(timeout)

    def close(self) -> None:
        self.sock.close()
