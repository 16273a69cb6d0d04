"""What the blocking and the async attachment share: everything but waiting and I/O."""

from __future__ import annotations

import time

from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.client import pack
from lashd.protocol.reconnect import Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.errors import LashdError
    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ReaderState, ResumableReader
    from lashd.protocol.records import Record


class BaseAttachment:
    """A session's records as they come, across lost connections."""

    def __init__(
        self,
        socket_path: str,
        reader: ResumableReader,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode,
    ) -> None:
        self._path = socket_path
        self._reader = reader
        self._timeout = timeout
        self._reconnect = reconnect
        self._decode = decode
        self._watchdog = Watchdog(time.monotonic())
        self._ready: list[Record] = []
        self._failure: LashdError | None = None
        self._closed = False

    @property
    def cursor(self) -> str | None:
        """Where to resume: everything up to here was handed over."""
        return self._reader.cursor

    @property
    def session_id(self) -> str | None:
        """Which session it is; known once attached."""
        return self._reader.session_id

    @property
    def ended(self) -> Record | None:
        """The `end` record, once it was handed over."""
        return self._reader.ended

    @property
    def state(self) -> ReaderState:
        """connecting, catching up, live, lost or ended."""
        return self._reader.state

    # -- for the subclasses -----------------------------------------------------------------------

    def _attach_frame(self) -> bytes:
        return pack(self._reader.attach_message())

    def _connected(self) -> None:
        """There is a new connection, and the attach message is about to be sent."""
        now = time.monotonic()
        self._watchdog = Watchdog(now)
        self._reader.connected(now)

    def _queue(self, records: list[Record]) -> None:
        """Pass on what the daemon sent."""
        self._ready += self._reader.receive(records)
        self._failure = self._reader.refused

    def _disconnected(self, error: ConnectionFailed | RequestRefused) -> None:
        """The connection was lost, or none was got: try again later, or fail.

        A refusal comes here only before the hello: the daemon has no room for a connection now.
        """
        if isinstance(error, RequestRefused):
            error = ConnectionFailed(error.message)
        if self._reconnect and type(error) is ConnectionFailed:
            self._ready.append(self._reader.lost(str(error), time.monotonic()))
        else:
            self._failure = error
