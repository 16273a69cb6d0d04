"""The client for ordinary scripts: a socket and `poll`, no event loop.

Cheap to import, since every `lashtui attach | ...` pays for it: neither asyncio nor msgspec nor
dataclasses. `lashd.client.aio` is its twin for async programs. Not for use by two threads at once.
"""

from __future__ import annotations

from lashd import paths
from lashd.connect import jitter
from lashd.connect.connection import Connection
from lashd.errors import RequestRefused
from lashd.protocol import requests
from lashd.protocol.client import unpack

__all__ = ["Attachment", "Client", "Publisher"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Any, Literal, Self

    from lashd.client.attachment import Attachment
    from lashd.client.follow import Follow
    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record
    from lashd.publish.publisher import Publisher

    Start = Literal["snapshot", "start", "now"]


class Client:
    """Requests to a daemon over one connection, and streams, each over a connection of its own.

    It connects when first needed. After a failure the next request connects again.

    Args:
        socket_path: where the daemon listens; the usual place by default.
        timeout: seconds to wait for each reply; the hello is awaited for 3 s at most.
        decode: decodes the messages; use `lashd.client.decode.decode_record` where msgspec is
            imported anyway.
    """

    def __init__(
        self,
        socket_path: str | os.PathLike[str] | None = None,
        *,
        timeout: float = 10.0,
        decode: Decode = unpack,
    ) -> None:
        self.socket_path = paths.socket_path(socket_path)
        self.timeout = timeout
        self._decode = decode
        self._connection: Connection | None = None

    def connect(self) -> Record:
        """Connect unless connected; the daemon's hello {protocol, version, incarnation, pid}.

        Raises:
            VersionMismatch: the daemon speaks another protocol; the message says what to do.
            ConnectionFailed: no daemon answers.
            RequestRefused: the daemon has no room for another connection.
        """
        return self._connected().hello or {}

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = Connection.open(self.socket_path, self.timeout, self._decode)
        return self._connection

    def close(self) -> None:
        """Close the connection. Attachments have their own."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def request(self, message: Record) -> Record:
        """Send one message, return the reply.

        Raises:
            RequestRefused: the daemon refuses; `code` and `message` say why.
            ConnectionFailed: no daemon, or it went away. The request may have been handled.
        """
        connection = self._connected()
        try:
            return connection.request(message)
        except RequestRefused as error:
            if error.code == "bad_request":  # the daemon closes the connection
                self.close()
            raise
        except BaseException:
            # A reply that nobody awaits any more would be taken for the next request's.
            self.close()
            raise

    def list(self) -> list[Record]:
        """All sessions, one map each."""
        sessions: list[Record] = self.request(requests.LIST).get("sessions", [])
        return sessions

    def status(self) -> Record:
        """The daemon's status: pid, version, sessions, bytes, limits and so on."""
        return self.request(requests.STATUS)

    def show(self, session_id: str) -> Record:
        """The `observation` record of a session: its view, and the cursor the view stands at.

        Raises:
            RequestRefused: `no_session`.
        """
        return self.request(requests.show(session_id))

    def inspect_cursor(self, cursor: str) -> Record:
        """The `cursor_report`: whether and from where a cursor can be resumed.

        Raises:
            RequestRefused: `malformed_cursor`.
        """
        return self.request(requests.inspect_cursor(cursor))

    def remove(self, session_id: str, force: bool = False) -> None:
        """Forget a session.

        Raises:
            RequestRefused: `no_session`; `session_busy` while it has a publisher, unless `force`.
        """
        self.request(requests.remove(session_id, force))

    def stop(self) -> None:
        """Ask the daemon to stop; it first notifies its clients."""
        self.request(requests.STOP)
        self.close()

    def attach(
        self,
        session_id: str | None = None,
        *,
        cursor: str | None = None,
        start: Start = "snapshot",
        last: int | None = None,
        wait: bool = False,
        reconnect: bool = True,
    ) -> Attachment:
        """Begin to read a session, over a connection of its own.

        Args:
            session_id: may be left out where there is just one session, or with a cursor.
            cursor: begin after it; otherwise at `start`: with a snapshot, with all that is
                retained, or with what comes from now on.
            last: replay at most this many of the retained events.
            wait: wait for the session if it does not exist yet.
            reconnect: come back after a lost connection; without it the connection's failure is
                raised.

        Raises:
            ConnectionFailed, VersionMismatch: as `connect`. A refused attach is raised by the first
                `read`.
        """
        from lashd.client.attachment import Attachment
        from lashd.protocol.reconnect import ResumableReader

        reader = ResumableReader(
            session_id,
            cursor=cursor,
            start=start,
            last=last,
            wait=wait,
            backoff=jitter.backoff_to(self.socket_path),
        )
        return Attachment(
            self.socket_path,
            reader,
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def follow(self, after: str | None = None, *, reconnect: bool = True) -> Follow:
        """Begin to follow the list of sessions, over a connection of its own.

        Args:
            after: the position that the list was read up to, for what has changed since; without
                one, or where the daemon can't tell, all sessions come first.
            reconnect: come back after a lost connection; without it the connection's failure is
                raised.

        Raises:
            ConnectionFailed, VersionMismatch: as `connect`, and where the daemon is too old to be
                followed. A malformed position is raised by the first `read`.
        """
        from lashd.client.follow import Follow
        from lashd.protocol.follow import ResumableFollow

        return Follow(
            self.socket_path,
            ResumableFollow(after=after, backoff=jitter.backoff_to(self.socket_path)),
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def publish(self, session_id: str, **options: Any) -> Publisher:
        """A publisher for a session; takes the options of `lashd.Publisher`."""
        from lashd.publish.publisher import Publisher

        return Publisher(session_id, socket_path=self.socket_path, **options)


def __getattr__(name: str) -> Any:
    """Imported when first used: requests need no attachment, and a publisher needs msgspec."""
    if name == "Attachment":
        from lashd.client.attachment import Attachment

        return Attachment
    if name == "Publisher":
        from lashd.publish.publisher import Publisher

        return Publisher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
