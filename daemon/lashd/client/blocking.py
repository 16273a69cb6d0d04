"""The client for ordinary scripts: a socket and `select`, no event loop.

Cheap to import, as each `lashtui attach | ...` pays for it: neither asyncio nor msgspec nor
dataclasses. `lashd.client.aio` is its twin for async programs. Not for use by two threads at once.
"""

from __future__ import annotations

import random

from lashd import paths
from lashd.client.attachment import Attachment
from lashd.connect.connection import BlockingLink
from lashd.protocol.client import pack, refusal, unpack
from lashd.protocol.reconnect import Backoff, Recovery

__all__ = ["Attachment", "Client", "Publisher"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Any, Literal, Self

    from lashd.protocol.client import Decode
    from lashd.protocol.records import Record
    from lashd.publish.publisher import Publisher

    Start = Literal["snapshot", "start", "now"]


HELLO_WITHIN = 3.0
"""Seconds for the hello before a request: a person waits for it. A busy daemon holds its loop for
10 ms, and a machine that swaps for a second; a daemon that takes longer hangs."""


class Client:
    """Requests to a daemon over one connection, and streams, each over one of its own.

    Connects when first needed; after a failure the next request connects anew.

    Args:
        socket_path: where the daemon listens; the usual place by default.
        timeout: seconds to wait for the daemon's answer; for its hello `HELLO_WITHIN` at most.
        decode: reads the messages; `lashd.client.decode.decode_record` where msgspec is paid for.
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
        self._link: BlockingLink | None = None

    def connect(self) -> Record:
        """Connect unless connected; the daemon's hello {protocol, version, incarnation, pid}.

        Raises:
            VersionMismatch: the daemon speaks another protocol; the message says what to do.
            ConnectionFailed: no daemon answers.
            RequestRefused: the daemon has no room for another connection.
        """
        if self._link is None:
            link = BlockingLink(self.socket_path, min(self.timeout, HELLO_WITHIN), self._decode)
            try:
                link.greet()
                link.be_patient(self.timeout)
            except BaseException:
                link.close()
                raise
            self._link = link
        hello = self._link.core.hello
        return hello if hello is not None else {}

    def close(self) -> None:
        """Hang up. Attachments have connections of their own."""
        if self._link is not None:
            self._link.close()
            self._link = None

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
            RequestRefused: the daemon says no; `code` and `message` say why.
            ConnectionFailed: no daemon, or it went away. The request may have been handled.
        """
        self.connect()
        link = self._link
        assert link is not None
        try:
            link.send(pack(message))
            records: list[Record] = []
            while not records:
                records = link.receive()
        except BaseException:
            self.close()
            raise
        reply = records[0]
        if reply["type"] != "error":
            return reply
        if reply.get("code") == "bad_request":
            self.close()
        raise refusal(reply)

    def list(self) -> list[Record]:
        """All sessions, one map each."""
        sessions: list[Record] = self.request({"type": "list"}).get("sessions", [])
        return sessions

    def status(self) -> Record:
        """The truth about the daemon: pid, version, sessions, bytes, limits and so on."""
        return self.request({"type": "status"})

    def show(self, session_id: str) -> Record:
        """The `observation` record of a session: its view and the cursor that it stands for.

        Raises:
            RequestRefused: `no_session`.
        """
        return self.request({"type": "show", "session_id": session_id})

    def inspect_cursor(self, cursor: str) -> Record:
        """The `cursor_report`: what a cursor can still do.

        Raises:
            RequestRefused: `malformed_cursor`.
        """
        return self.request({"type": "cursor", "cursor": cursor})

    def remove(self, session_id: str, force: bool = False) -> None:
        """Forget a session.

        Raises:
            RequestRefused: `no_session`; `session_busy` while it has a publisher, without `force`.
        """
        self.request({"type": "remove", "session_id": session_id, "force": force})

    def stop(self) -> None:
        """Ask the daemon to end; it does so after saying goodbye to its clients."""
        self.request({"type": "stop"})
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
            session_id: may be left out where there is just one, or with a cursor.
            cursor: begin after it; otherwise at `start`: with a snapshot, with all that is
                retained, or with what comes from now on.
            last: only so many of the events retained.
            wait: the session may not exist yet.
            reconnect: come back after a lost connection; without it `read` raises.

        Raises:
            ConnectionFailed, VersionMismatch: as `connect`. That the daemon refuses the attach
                comes out of the first `read`.
        """
        recovery = Recovery(
            session_id,
            cursor=cursor,
            start=start,
            last=last,
            wait=wait,
            backoff=Backoff(random.random),
        )
        return Attachment(
            self.socket_path,
            recovery,
            timeout=self.timeout,
            reconnect=reconnect,
            decode=self._decode,
        )

    def publish(self, session_id: str, **options: Any) -> Publisher:
        """A publisher into a session; options as of `lashd.Publisher`."""
        from lashd.publish.publisher import Publisher

        return Publisher(session_id, socket_path=self.socket_path, **options)


def __getattr__(name: str) -> Any:
    """`lashd.blocking.Publisher`, imported when asked for: it folds, so it needs msgspec."""
    if name == "Publisher":
        from lashd.publish.publisher import Publisher

        return Publisher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
