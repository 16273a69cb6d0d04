"""A session's records over async connections: the twin of `lashd.client.attachment`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.client.async_stream import AsyncStream

if TYPE_CHECKING:
    from lashd.protocol.reconnect import ResumableReader


class AsyncAttachment(AsyncStream):
    """A session's records as they come, in batches, across lost connections.

    Use it as an async context manager and iterate over it. Among the records are the client's own:
    `disconnected` {cursor, reason, retry_in: seconds} for each failed attempt, and `reconnected`
    {cursor, served}. The iteration ends after the `end` record. An empty batch only says that
    `state`, `is_awaiting` or `silent_since` changed.
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

    @property
    def is_awaiting(self) -> bool:
        """True while the daemon has answered, but has no such session yet."""
        return self._awaits_more
