"""A session's records over blocking sockets."""

from __future__ import annotations

from lashd.client.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.connect.connection import Connection
    from lashd.protocol.reconnect import ResumableReader


class Attachment(Stream):
    """A session's records as they come, across lost connections. `Client.attach` makes it.

    The client's own among them: `disconnected` {cursor, reason, retry_in: seconds} for each failed
    attempt, and `reconnected` {cursor, served}.
    """

    _progress: ResumableReader

    @property
    def cursor(self) -> str | None:
        """Where to resume: everything up to here was handed over."""
        return self._progress.cursor

    @property
    def session_id(self) -> str | None:
        """Which session it is; known once attached."""
        return self._progress.session_id

    def release(self) -> tuple[Connection | None, ResumableReader]:
        """Give away the connection (None while it is lost) and the reader's progress; this ends.

        For `lashd.Client.adopt`, right after a `read`: what `read` has not returned yet is in
        neither.
        """
        connection, self._connection = self._connection, None
        self._closed = True
        return connection, self._progress
