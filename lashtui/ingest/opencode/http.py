"""Reading from an opencode server on this machine: GET alone, loopback alone, all of it bounded."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTS: Final = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
"""Names of this machine that a server may have, and the address that is connected to."""
CONNECT_WITHIN: Final = 2.0
ANSWER_WITHIN: Final = 10.0
"""Seconds; a server that starts loads its plugins first."""
SILENT_FOR: Final = 45.0
"""Seconds without a byte after which a stream is dead: each version says something every 15 s."""
MAX_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of an answer: the newest messages of a session, with what its tools gave back."""
READ_BYTES: Final = 64 * 1024


class ServerError(Exception):
    """The server can't be read; says why, without a secret."""


class Refused(ServerError):
    """It wants another password."""


class NotThere(ServerError):
    """It has no such thing."""


class Server:
    """One server's address, and the password that opens it, which nothing shows."""

    def __init__(self, host: str, port: int, password: str = "", user: str = "opencode") -> None:
        """`host`: one of `HOSTS`.

        Raises:
            ValueError: it is no server of this machine.
        """
        if host not in HOSTS or not 0 < port < 65536:
            raise ValueError(f"{host}:{port} is no server on this machine")
        self._host = HOSTS[host]
        self.port = port
        self._sockets: list[socket.socket] = []
        self._is_stopped = False
        self._headers = {"Accept-Encoding": "identity"}
        if password:
            secret = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {secret}"

    def __repr__(self) -> str:
        return f"port {self.port}"

    def get(self, path: str) -> Any:
        """What a path answers, as JSON.

        Raises:
            ServerError: it doesn't.
        """
        data = bytearray()
        until = time.monotonic() + ANSWER_WITHIN
        with self._request(path, ANSWER_WITHIN) as response:
            while piece := self._more(response):
                data += piece
                if len(data) > MAX_ANSWER or time.monotonic() > until:
                    raise ServerError(f"the answer of {self} is too long")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ServerError(f"{self} answers no JSON") from error

    @contextmanager
    def stream(self, path: str, silent_for: float = SILENT_FOR) -> Iterator[Callable[[], bytes]]:
        """The bytes of an event stream: a function that waits for more; empty at its end.

        Raises:
            ServerError: there is none; from the function, that it has broken off.
        """
        with self._request(path, ANSWER_WITHIN) as response:
            if response.getheader("Content-Type", "").partition(";")[0] != "text/event-stream":
                raise NotThere(f"{self} has no event stream")
            sock = self._sockets[-1]
            sock.settimeout(silent_for)
            yield lambda: self._more(response)

    def stop(self) -> None:
        """Break off whatever is read, from any thread."""
        self._is_stopped = True
        for sock in list(self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _more(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read1(READ_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerError(f"{self} has broken off") from error

    @contextmanager
    def _request(self, path: str, timeout: float) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self.port, timeout=CONNECT_WITHIN)
        sock: socket.socket | None = None
        try:
            try:
                connection.connect()
                sock = connection.sock
                self._sockets.append(sock)
                if self._is_stopped:
                    raise ServerError("stopped")
                sock.settimeout(timeout)
                connection.request("GET", path, headers=self._headers)
                response = connection.getresponse()
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise ServerError(f"{self} doesn't answer") from error
            if response.status in (401, 403):
                raise Refused(f"{self} wants a password")
            if response.status != http.client.OK:
                raise NotThere(f"{self} answers {response.status}")
            yield response
        finally:
            connection.close()
            if sock is not None:
                self._sockets.remove(sock)
                # A response that closes the connection keeps the socket.
                with suppress(OSError):
                    sock.close()


def local_server(url: str, password: str) -> Server:
    """The server at an address of this machine.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None or parts.port is None:
        raise ValueError("no address of a server on this machine")
    return Server(parts.hostname, parts.port, password)
