"""The list as a stream, over blocking sockets."""

from __future__ import annotations

from lashd.client.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.follow import ResumableFollow


class Follow(Stream):
    """The list's records as they come, across lost connections. `Client.follow` makes it.

    `following` {position, served}, then `session` {session, position} and `session_removed`
    {session_id, position}; `synced` {position} once all that was missed has come. After `served:
    snapshot` what has not come by `synced` is gone. The client's own among them: `disconnected`
    {position, reason, retry_in: seconds} for each failed attempt, and `reconnected` {position,
    served}, which is followed by what was missed and `synced` again.
    """

    _progress: ResumableFollow

    @property
    def position(self) -> str | None:
        """Where to resume: everything up to here was handed over."""
        return self._progress.position
