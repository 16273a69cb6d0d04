"""Every error that lashd raises on purpose. Imports nothing.

::

    LashdError
    +-- LiveReplayStoreError
    |   +-- SessionCursorError
    |   |   +-- MalformedCursor        the text is no cursor; the message names the part
    |   |   +-- WrongSession           a good cursor of another session
    |   +-- StoreError                 an append that the store's bounds refuse
    |   +-- SubscriberLagged           the ring moved on past a subscription; it goes on after it
    |   +-- SubscriptionClosed         the session was forgotten
    +-- InvalidEvent                   what came in is no event of the vocabulary
    +-- ProtocolViolation              the peer broke the wire protocol; its connection ends
    +-- ConnectionFailed               no daemon answers at the socket, or it went away
    |   +-- VersionMismatch            it answers, but speaks another protocol version
    +-- RequestRefused                 the daemon said no, with a code and a sentence
    +-- LifecycleError                 a daemon can't be started, stopped or bound here
        +-- ConfigError                config.toml holds what can't be used
"""

from __future__ import annotations


class LashdError(Exception):
    """Root of all errors of this package."""


class LiveReplayStoreError(LashdError):
    """Base of what a replay store answers instead of events."""


class SessionCursorError(LiveReplayStoreError):
    """A cursor that can't be used."""


class MalformedCursor(SessionCursorError):
    """The text is not a cursor: a part is missing or invalid. The message names which."""

    def __init__(self, message: str) -> None:
        super().__init__(f"malformed session cursor: {message}")
        self.message = message


class WrongSession(SessionCursorError):
    """A cursor that belongs to another session."""

    def __init__(self, expected_session_id: str, actual_session_id: str) -> None:
        super().__init__(
            f"session cursor belongs to `{actual_session_id}`, not `{expected_session_id}`"
        )
        self.expected_session_id = expected_session_id
        self.actual_session_id = actual_session_id


class StoreError(LiveReplayStoreError):
    """The store refuses an append: too large an event, too many sessions, no memory left."""

    def __init__(self, message: str) -> None:
        super().__init__(f"live replay store error: {message}")
        self.message = message


class SubscriberLagged(LiveReplayStoreError):
    """The ring moved on past the subscriber: exactly `count` events can't be delivered.

    The subscription stays usable and goes on with the oldest retained event.
    """

    def __init__(self, count: int) -> None:
        super().__init__(f"live replay subscriber lagged by {count} events")
        self.count = count


class SubscriptionClosed(LiveReplayStoreError):
    """The session was forgotten; no further event will come."""

    def __init__(self) -> None:
        super().__init__("live replay subscription closed: the session was forgotten")


class InvalidEvent(LashdError):
    """A record that is no event of the vocabulary; the message says why."""


class ProtocolViolation(LashdError):
    """The peer sent what the protocol does not allow. The connection is of no more use."""


class ConnectionFailed(LashdError):
    """No daemon answers at the socket, or the connection to it was lost."""


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
