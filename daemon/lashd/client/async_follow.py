"""The list as a stream, over async connections: the twin of `lashd.client.follow`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.client.async_stream import AsyncStream

if TYPE_CHECKING:
    from lashd.protocol.follow import ResumableFollow


class AsyncFollow(AsyncStream):
    """The list's records as they come, in batches, across lost connections.

    Use it as an async context manager and iterate over it; the records are those of
    `lashd.client.follow.Follow`. An empty batch only says that `state` or `silent_since` changed.
    """

    _progress: ResumableFollow

    @property
    def position(self) -> str | None:
        """Where to resume: everything up to here was handed over."""
        return self._progress.position
