"""Every error that lashd raises on purpose. Imports nothing.

::

    LashdError
    +-- LiveReplayStoreError
    |   +-- SessionCursorError
    |   |   +-- MalformedCursor        not a cursor; the message names the part
    |   |   +-- WrongSession           a valid cursor of another session
    |   +-- StoreError                 the store's bounds refuse an append
    |   +-- SubscriberLagged           the ring has dropped events before they were delivered
    |   +-- SubscriptionClosed         the session was forgotten
    +-- InvalidEvent                   not an event of the vocabulary
    +-- ProtocolViolation              the peer broke the wire protocol; its connection ends
    +-- ConnectionFailed               no daemon answers at the socket, or it went away
    |   +-- VersionMismatch            it answers, but speaks another protocol version
    +-- RequestRefused                 the daemon refused, with a code and a sentence
    +-- LifecycleError                 a daemon can't be started, stopped or bound here
        +-- ConfigError                config.toml can't be used
"""

from __future__ import annotations


class LashdError(Exception):
    """Root of all errors of this package."""


class LiveReplayStoreError(LashdError):
    """Base of what a replay store answers instead of events."""


class SessionCursorError(LiveReplayStoreError):
    """A cursor that can't be used."""


MAX_SHOWN = 80
"""Characters of what is no cursor: enough to see what was taken for one."""


class MalformedCursor(SessionCursorError):
    """The text is not a cursor. `message` names the part that is missing or invalid, `given` is
    the text, of which the error shows the beginning."""

    def __init__(self, message: str, given: str = "") -> None:
        shown = f" in {given[:MAX_SHOWN]!r}" if given else ""
        super().__init__(
            f"not a cursor: {message}{shown} (expected lashsc1:REVISION:POSITION:SESSION)"
        )
        self.message = message


class WrongSession(SessionCursorError):
    """A cursor that belongs to another session."""

    def __init__(self, expected_session_id: str, actual_session_id: str) -> None:
        super().__init__(
            f"the cursor belongs to session `{actual_session_id}`, not `{expected_session_id}`"
        )
        self.expected_session_id = expected_session_id
        self.actual_session_id = actual_session_id


class StoreError(LiveReplayStoreError):
    """The store refuses an append: too large an event, too many sessions, no memory left."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SubscriberLagged(LiveReplayStoreError):
    """The subscriber fell behind: the ring dropped exactly `count` events it had not delivered.

    The subscription stays usable and continues with the oldest retained event.
    """

    def __init__(self, count: int) -> None:
        super().__init__(f"the subscriber fell behind: {count} events are no longer retained")
        self.count = count


class SubscriptionClosed(LiveReplayStoreError):
    """The session was forgotten; no further event will come."""

    def __init__(self) -> None:
        super().__init__("the subscription is closed: the session was forgotten")


class InvalidEvent(LashdError):
    """A record that is not an event of the vocabulary; the message says why."""


class ProtocolViolation(LashdError):
    """The peer sent something the protocol does not allow. The connection can't be used further."""


class ConnectionFailed(LashdError):
    """No daemon answers at the socket, or the connection to it was lost."""


HOW_TO_START = "start one with `lashtui daemon start`"
"""What a `ConnectionFailed` says to do where no daemon runs."""


class VersionMismatch(ConnectionFailed):
    """The daemon speaks another protocol version; the message says who must do what."""


class RequestRefused(LashdError):
    """The daemon refused a request. `code` is one of the protocol's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LifecycleError(LashdError):
    """A daemon can't be started, found or stopped; the message says what to do."""


class ConfigError(LifecycleError):
    """`config.toml` can't be used; the message names the file, the key and the value."""
