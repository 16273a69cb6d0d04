"""Records over blocking sockets.

`lashd.protocol.reconnect` decides; this waits and does I/O. As cheap to import as
`lashd.client.blocking`.
"""

from __future__ import annotations

import select
import time

from lashd.client.base_stream import BaseStream
from lashd.connect.connection import Connection, hello_within
from lashd.connect.failures import stopped_answering
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.client import pack, unpack
from lashd.protocol.requests import PING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import Resumable
    from lashd.protocol.records import Record


class Stream(BaseStream):
    """Records as they come, across lost connections."""

    def __init__(
        self,
        socket_path: str,
        progress: Resumable,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode = unpack,
    ) -> None:
        super().__init__(socket_path, progress, timeout=timeout, reconnect=reconnect, decode=decode)
        self._connection: Connection | None = None
        self._connect()

    def read(self, timeout: float | None = None) -> list[Record]:
        """The records that have arrived, at once if there are any; [] after `timeout` or the end.

        Raises:
            RequestRefused: the daemon refuses the request.
            ConnectionFailed: lost, without `reconnect`; or VersionMismatch after a reconnect.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ready:
                ready, self._ready = self._ready, []
                return ready
            if self._failure is not None:
                raise self._failure
            if self._closed or self._progress.ended is not None:
                self._hang_up()
                return []
            if self._connection is None:
                self._come_back(deadline)
            else:
                self._receive(self._connection, deadline)
            # The clock is read after the socket: a timeout of 0 still returns what is there.
            if not self._ready and deadline is not None and time.monotonic() >= deadline:
                if self._failure is not None:
                    raise self._failure
                return []

    def retry_now(self) -> None:
        """While the connection is lost: let the next `read` try at once."""
        self._progress.retry_now(time.monotonic())

    def fileno(self) -> int:
        """For `select`: readable when `read` has something. -1 where only `read` can say."""
        if self._connection is None or self._ready or self._failure is not None:
            return -1
        return self._connection.sock.fileno()

    def close(self) -> None:
        """Detach."""
        self._closed = True
        self._hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- inside -----------------------------------------------------------------------------------

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> None:
        """The first connection waits for the hello, so that its failures are raised at once."""
        within = max(self._timeout, hello_within(self._path, self._timeout))
        connection = Connection(self._path, within, self._decode)
        try:
            records = connection.shake_hands(self._request_frame())
            self._connected()
            self._queue(records, connection.hello)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._check_end()

    def _come_back(self, deadline: float | None) -> None:
        """Wait for the next attempt, or until `deadline`; then try."""
        now = time.monotonic()
        retry_at = self._progress.retry_at
        if retry_at is not None and retry_at > now:
            until = retry_at if deadline is None else min(retry_at, deadline)
            time.sleep(max(0.0, until - now))
            if until < retry_at:
                return
        try:
            self._connection = Connection(self._path, self._timeout, self._decode)
            self._connected()
            # `_receive` awaits the hello, as it keeps to the caller's timeout.
            self._connection.greet(self._request_frame())
        except ConnectionFailed as error:
            self._lost(error)

    def _receive(self, connection: Connection, deadline: float | None) -> None:
        now = time.monotonic()
        until = self._watchdog.deadline if deadline is None else deadline
        wait = max(0.0, min(until, self._watchdog.deadline) - now)
        # Not `select`, which fails with descriptors from 1024 on.
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        readable = poll.poll(wait * 1000)
        try:
            if readable:
                records = connection.receive()
                self._watchdog.heard(time.monotonic())
                self._queue(records, connection.hello)
                self._check_end()
                return
            step = self._watchdog.check(time.monotonic())
            if step == "ping":
                connection.send(pack(PING))
            elif step == "lost":
                raise stopped_answering(self._path)
        except (ConnectionFailed, RequestRefused) as error:
            self._lost(error)

    def _check_end(self) -> None:
        if self._failure is not None or self._progress.ended is not None:
            self._hang_up()

    def _lost(self, error: ConnectionFailed | RequestRefused) -> None:
        self._hang_up()
        self._disconnected(error)
