"""What blocking and async streams share: everything but waiting and I/O."""

from __future__ import annotations

import time

from lashd.address import far_name
from lashd.connect.jitter import grace_of
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.client import pack, require_feature
from lashd.protocol.reconnect import Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.errors import LashdError
    from lashd.protocol.client import Decode
    from lashd.protocol.reconnect import ReaderState, Resumable
    from lashd.protocol.records import Record


class BaseStream:
    """Records as they come, across lost connections."""

    def __init__(
        self,
        socket_path: str,
        progress: Resumable,
        *,
        timeout: float,
        reconnect: bool,
        decode: Decode,
    ) -> None:
        self._path = socket_path
        self._progress = progress
        self._timeout = timeout
        self._reconnect = reconnect
        self._decode = decode
        self._watchdog = Watchdog(time.monotonic())
        self._ready: list[Record] = []
        self._failure: LashdError | None = None
        self._closed = False

    @property
    def ended(self) -> Record | None:
        """The `end` record, once it was handed over."""
        return self._progress.ended

    @property
    def state(self) -> ReaderState:
        """connecting, catching up, live, lost or ended."""
        return self._progress.state

    # -- for the subclasses -----------------------------------------------------------------------

    def _request_frame(self) -> bytes:
        return pack(self._progress.request_message())

    def _connected(self) -> None:
        """There is a new connection, and the request is about to be sent."""
        now = time.monotonic()
        self._watchdog = Watchdog(now, grace_of(self._path))
        self._progress.connected(now)

    def _queue(self, records: list[Record], hello: Record | None) -> None:
        """Pass on what the daemon sent; `hello` is what it began with.

        Raises:
            VersionMismatch: it is too old for this stream.
            ConnectionFailed: it is to be asked again later.
        """
        if hello is not None and self._progress.feature is not None:
            require_feature(hello, self._progress.feature, far_name(self._path))
        self._ready += self._progress.receive(records)
        self._failure = self._progress.refused
        if self._progress.put_off is not None:
            raise ConnectionFailed(self._progress.put_off)

    def _disconnected(self, error: ConnectionFailed | RequestRefused) -> None:
        """The connection was lost, or none was got: try again later, or fail.

        A refusal comes here only before the hello: the daemon has no room for a connection now.
        """
        if isinstance(error, RequestRefused):
            error = ConnectionFailed(error.message)
        if self._reconnect and type(error) is ConnectionFailed:
            self._ready.append(self._progress.lost(str(error), time.monotonic()))
        else:
            self._failure = error
