"""A session's records over blocking sockets: hands for `lashd.protocol.reconnect`.

It decides nothing but what to wait for. As cheap to import as `lashd.client.blocking`.
"""

from __future__ import annotations

import select
import time

from lashd.connect.connection import BlockingLink
from lashd.errors import ConnectionFailed, LashdError, RequestRefused
from lashd.protocol.client import pack, unpack
from lashd.protocol.reconnect import Recovery, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ReaderState
    from lashd.protocol.records import Record


class Attachment:
    """A session's records as they come, across lost connections. `Client.attach` makes it."""

    def __init__(
        self,
        socket_path: str,
        recovery: Recovery,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode = unpack,
    ) -> None:
        self._path = socket_path
        self._recovery = recovery
        self._timeout = timeout
        self._reconnect = reconnect
        self._decode = decode
        self._failure: LashdError | None = None
        self._ready: list[Record] = []
        self._closed = False
        self._watchdog = Watchdog(time.monotonic())
        self._link: BlockingLink | None = None
        self._connect()

    @property
    def cursor(self) -> str | None:
        """Where to resume: everything up to here was returned by `read`."""
        return self._recovery.cursor

    @property
    def session_id(self) -> str | None:
        """Which session it is; known once attached."""
        return self._recovery.session_id

    @property
    def ended(self) -> Record | None:
        """The `end` record, once `read` has returned it."""
        return self._recovery.ended

    @property
    def state(self) -> ReaderState:
        """How it stands now."""
        return self._recovery.state

    def read(self, timeout: float | None = None) -> list[Record]:
        """Records that have come, at once if there are any; [] after `timeout` or the end.

        Among them are our own: `disconnected` {cursor, reason, retry_in: seconds} for each failed
        attempt, and `reconnected` {cursor, served}.

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
            if self._closed or self._recovery.ended is not None:
                self._hang_up()
                return []
            if self._link is None:
                self._come_back(deadline)
            else:
                self._receive(self._link, deadline)
            # The look at the clock comes after the look at the socket, so that a timeout of 0
            # still returns what is there.
            if not self._ready and deadline is not None and time.monotonic() >= deadline:
                if self._failure is not None:
                    raise self._failure
                return []

    def retry_now(self) -> None:
        """While the connection is lost: let the next `read` try at once."""
        self._recovery.retry_now(time.monotonic())

    def fileno(self) -> int:
        """For `select`: readable when `read` has something. -1 where only `read` can tell."""
        if self._link is None or self._ready or self._failure is not None:
            return -1
        return self._link.sock.fileno()

    def close(self) -> None:
        """Detach."""
        self._closed = True
        self._hang_up()

    def hand_over(self) -> tuple[BlockingLink | None, Recovery]:
        """Give away the connection (None where it is lost) and what is known of it; this one ends.

        The async `Client.go_on` takes them, after a `read`: what was not returned is not in them.
        """
        link, self._link = self._link, None
        self._closed = True
        return link, self._recovery

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
        if self._link is not None:
            self._link.close()
            self._link = None

    def _connect(self) -> None:
        """The first connection waits for the hello, so that its failures are raised at once."""
        link = BlockingLink(self._path, self._timeout, self._decode)
        try:
            records = link.greet(pack(self._recovery.attach_message()))
        except BaseException:
            link.close()
            raise
        self._begin(link)
        self._take(records)

    def _begin(self, link: BlockingLink) -> None:
        now = time.monotonic()
        self._link = link
        self._watchdog = Watchdog(now)
        self._recovery.connected(now)

    def _come_back(self, deadline: float | None) -> None:
        """Wait for the next attempt, or until `deadline`; then try."""
        now = time.monotonic()
        retry_at = self._recovery.retry_at
        if retry_at is not None and retry_at > now:
            until = retry_at if deadline is None else min(retry_at, deadline)
            time.sleep(max(0.0, until - now))
            if until < retry_at:
                return
        try:
            link = BlockingLink(self._path, self._timeout, self._decode)
        except ConnectionFailed as error:
            self._lost(error)
            return
        # The answer to the hello is awaited in `_receive`, which keeps to the caller's timeout.
        self._begin(link)
        try:
            link.send(link.core.greeting() + pack(self._recovery.attach_message()))
        except ConnectionFailed as error:
            self._lost(error)

    def _receive(self, link: BlockingLink, deadline: float | None) -> None:
        now = time.monotonic()
        until = self._watchdog.deadline if deadline is None else deadline
        wait = max(0.0, min(until, self._watchdog.deadline) - now)
        # Not `select`, which knows no descriptor from 1024 on.
        poll = select.poll()
        poll.register(link.sock, select.POLLIN)
        readable = poll.poll(wait * 1000)
        try:
            if readable:
                records = link.receive()
                self._watchdog.heard(time.monotonic())
                self._take(records)
                return
            step = self._watchdog.check(time.monotonic())
            if step == "ping":
                link.send(pack({"type": "ping"}))
            elif step == "lost":
                raise ConnectionFailed(f"the daemon at {self._path} does not answer any more")
        except RequestRefused as error:  # before the hello: no room for a connection now
            self._lost(ConnectionFailed(error.message))
        except ConnectionFailed as error:
            self._lost(error)

    def _take(self, records: list[Record]) -> None:
        self._ready += self._recovery.receive(records)
        if self._recovery.refused is not None:
            self._failure = self._recovery.refused
        if self._failure is not None or self._recovery.ended is not None:
            self._hang_up()

    def _lost(self, error: ConnectionFailed) -> None:
        self._hang_up()
        if self._reconnect and type(error) is ConnectionFailed:
            self._ready.append(self._recovery.lost(str(error), time.monotonic()))
        else:
            self._failure = error
