"""The connection to Codex's app server: a WebSocket over a Unix socket of the user's own."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from lashd.connect.peer import peer_uid

if TYPE_CHECKING:
    from websockets.sync.connection import Connection as WebSocket

MAX_FRAME: Final = 32 * 1024 * 1024
"""Bytes of one message: twice the longest line that is read of any agent."""
WITHIN: Final = 5.0
"""Seconds to connect, for the server's side of the handshake, and to send something."""
CLOSE_WITHIN: Final = 0.5
"""Seconds for the server's goodbye."""
ALIVE_EVERY: Final = 20.0
"""Seconds between questions whether it is still there, and for the answer."""

_PLACE: Final = os.path.join("app-server-control", "app-server-control.sock")


class Refused(Exception):
    """There is a socket that must not be used; the message says why."""


class Gone(Exception):
    """Nobody is there, or not any more."""


def find_socket(home: str) -> str | None:
    """The socket of the app server in Codex's directory, with links resolved; None: none is there.

    Codex makes it a link, as names of sockets are short, into a directory of the user's own.

    Raises:
        Refused: another user could be behind it.
    """
    place = os.path.join(home, _PLACE)
    if not os.path.lexists(place):
        return None
    try:
        path = os.path.realpath(place, strict=True)
        for each in (os.path.dirname(place), os.path.dirname(path)):
            _check(each, os.stat(each))
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return None  # left behind by a server that is gone
    _check(path, found)
    if not stat.S_ISSOCK(found.st_mode):
        raise Refused(f"{place} is no socket")
    return path


def _check(path: str, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to user {found.st_uid}, not to you")
    if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o022:
        raise Refused(f"other users may write to {path}")


class Connection:
    """A connection to the server; use it in one thread."""

    def __init__(self, path: str) -> None:
        """Connect.

        Raises:
            Gone: nobody answers there.
            Refused: another user answers there.
        """
        self._open_until = ExitStack()
        self._socket = self._open(path)

    def _open(self, path: str) -> WebSocket:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            plain.settimeout(WITHIN)
            plain.connect(path)
            uid = peer_uid(plain)
            if uid is not None and uid != os.geteuid():
                raise Refused(f"user {uid} answers at {path}, not you")
            plain.settimeout(None)
            opening = connect(
                "ws://localhost/",
                sock=plain,
                proxy=None,
                compression=None,
                user_agent_header=None,
                open_timeout=WITHIN,
                close_timeout=CLOSE_WITHIN,
                ping_interval=ALIVE_EVERY,
                ping_timeout=ALIVE_EVERY,
                max_size=MAX_FRAME,
            )
            return self._open_until.enter_context(opening)
        except (OSError, WebSocketException) as problem:
            plain.close()
            raise Gone(str(problem)) from problem
        except BaseException:
            plain.close()
            raise

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            Gone: the server is.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(message, text=True)
        except (OSError, ConnectionClosed) as problem:
            raise Gone(str(problem)) from problem

    def receive(self, timeout: float) -> bytes | None:
        """The next message; None: none came within `timeout` seconds.

        Raises:
            Gone: the server is, or it sent what can't be read.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            return self._socket.recv(timeout, decode=False)
        except TimeoutError:
            return None
        except (OSError, ConnectionClosed) as problem:
            raise Gone(str(problem)) from problem

    def close(self) -> None:
        """Leave."""
        self._open_until.close()
