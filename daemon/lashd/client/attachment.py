"""A session's records over blocking sockets.

`lashd.protocol.reconnect` decides; this waits and does I/O. As cheap to import as
`lashd.client.blocking`.
"""

from __future__ import annotations

import select
import time

from lashd.client.base_attachment import BaseAttachment
from lashd.connect.connection import Connection
from lashd.connect.failures import stopped_answering
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.client import pack, unpack
from lashd.protocol.requests import PING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ResumableReader
    from lashd.protocol.records import Record


class Attachment(BaseAttachment):
    """A session's records as they come, across lost connections. `Client.attach` makes it."""

    def __init__(
        self,
        socket_path: str,
        reader: ResumableReader,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode = unpack,
    ) -> None:
        super().__init__(socket_path, reader, timeout=timeout, reconnect=reconnect, decode=decode)
        self._connection: Connection | None = None
        self._connect()

    def read(self, timeout: float | None = None) -> list[Record]:
        """The records that have arrived, at once if there are any; [] after `timeout` or the end.

        Among them are the client's own: `disconnected` {cursor, reason, retry_in: seconds} for
        each failed attempt, and `reconnected` {cursor, served}.

        Raises:
            RequestRefused: the daemon refuses the attach.
            ConnectionFailed: lost, without `reconnect`; or VersionMismatch after a reconnect.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ready:
                ready, self._ready = self._ready, []
                return ready
            if self._failure is not None:
                raise self._failure
            if self._closed or self._reader.ended is not None:
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
        self._reader.retry_now(time.monotonic())

    def fileno(self) -> int:
        """For `select`: readable when `read` has something. -1 where only `read` can say."""
        if self._connection is None or self._ready or self._failure is not None:
            return -1
        return self._connection.sock.fileno()

    def close(self) -> None:
        """Detach."""
        self._closed = True
        self._hang_up()

    def release(self) -> tuple[Connection | None, ResumableReader]:
        """Give away the connection (None while it is lost) and the reader's progress; this ends.

        For `lashd.Client.adopt`, right after a `read`: what `read` has not returned yet is in
        neither.
        """
        connection, self._connection = self._connection, None
        self._closed = True
        return connection, self._reader

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
        connection = Connection(self._path, self._timeout, self._decode)
        try:
            records = connection.shake_hands(self._attach_frame())
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._connected()
        self._queue(records)

    def _come_back(self, deadline: float | None) -> None:
        """Wait for the next attempt, or until `deadline`; then try."""
        now = time.monotonic()
        retry_at = self._reader.retry_at
        if retry_at is not None and retry_at > now:
            until = retry_at if deadline is None else min(retry_at, deadline)
            time.sleep(max(0.0, until - now))
            if until < retry_at:
                return
        try:
            self._connection = Connection(self._path, self._timeout, self._decode)
            self._connected()
            # `_receive` awaits the hello, as it keeps to the caller's timeout.
            self._connection.greet(self._attach_frame())
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
                self._queue(records)
                return
            step = self._watchdog.check(time.monotonic())
            if step == "ping":
                connection.send(pack(PING))
            elif step == "lost":
                raise stopped_answering(self._path)
        except (ConnectionFailed, RequestRefused) as error:
            self._lost(error)

    def _queue(self, records: list[Record]) -> None:
        super()._queue(records)
        if self._failure is not None or self._reader.ended is not None:
            self._hang_up()

    def _lost(self, error: ConnectionFailed | RequestRefused) -> None:
        self._hang_up()
        self._disconnected(error)
