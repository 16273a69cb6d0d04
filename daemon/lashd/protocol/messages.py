"""Every message that a client may send, and the codes of the errors it may get.

A message is one msgpack map with `type`. The daemon sends maps as well: the records of a stream
(events, attached, observation, gap, synced, end) and the replies listed in `daemon/PROTOCOL.md`.
Both sides ignore unknown keys.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from lashd import wire_limits as bounds
from lashd.errors import ProtocolViolation

PROTOCOL_VERSION = bounds.PROTOCOL_VERSION


class ErrorCode(StrEnum):
    """`code` of an `error` reply."""

    BAD_REQUEST = "bad_request"
    """Not a message, or not allowed now. The connection is closed."""
    BAD_VERSION = "bad_version"
    """The hello names a protocol that this daemon does not speak. The connection is closed."""
    MALFORMED_CURSOR = "malformed_cursor"
    MALFORMED_POSITION = "malformed_position"
    """`after` of a `follow` is no position of a list."""
    WRONG_SESSION = "wrong_session"
    NO_SESSION = "no_session"
    SESSION_BUSY = "session_busy"
    """The session has a live publisher, which the request would disturb."""
    LIMIT = "limit"
    """A bound of the daemon: sessions, memory, connections."""
    INVALID_VIEW = "invalid_view"
    """The view of a restore is malformed or too large."""
    READ_ONLY = "read_only"
    """A mirror shows the sessions of another daemon, and changes none."""
    NO_HOME = "no_home"
    """A mirror has not found its home yet: what there is, it does not know."""
    FORGOTTEN = "forgotten"
    """To a publisher: its session was removed by force. The connection is closed."""


class _Message(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Hello(_Message, frozen=True, tag="hello"):
    """First on each connection; the only message that all versions share."""

    protocol: int
    version: str = ""
    features: list[str] = []


class List(_Message, frozen=True, tag="list"):
    """-> `sessions`."""


class Status(_Message, frozen=True, tag="status"):
    """-> `status`."""


class Ping(_Message, frozen=True, tag="ping"):
    """-> `pong`; also while attached: so a client notices a daemon that hangs."""


class Stop(_Message, frozen=True, tag="stop"):
    """-> `stopping`; the daemon stops gracefully."""


class Show(_Message, frozen=True, tag="show"):
    """-> `observation`."""

    session_id: str


class InspectCursor(_Message, frozen=True, tag="cursor"):
    """-> `cursor_report`."""

    cursor: str


class Remove(_Message, frozen=True, tag="remove"):
    """-> `removed`; forgets a session."""

    session_id: str
    force: bool = False


class Attach(_Message, frozen=True, tag="attach"):
    """-> `attached`, then the stream, which the connection carries until it ends.

    `start`: where the stream begins: `snapshot`; `cursor` (after `cursor`); `start` (all that is
    retained); `now` (only what comes). `last`: with `start`, replay at most this many events.
    """

    session_id: str | None = None
    cursor: str | None = None
    start: Literal["snapshot", "cursor", "start", "now"] = "snapshot"
    last: int | None = None
    wait: bool = False
    """If the session does not exist yet, `attached` comes when it does."""


class Follow(_Message, frozen=True, tag="follow"):
    """-> `following`, then the list as a stream, which the connection carries until it ends.

    `after`: the position that a list was read up to; without one everything is sent.
    """

    after: str | None = None


class Open(_Message, frozen=True, tag="open"):
    """-> `opened`; this connection publishes into a session from now on."""

    session_id: str
    publisher_id: str
    """128 random bits as 32 hex digits; the same for every connection of one publisher."""
    title: str | None = None
    agent: str | None = None
    directory: str | None = None
    revision: int | None = None
    """Where a new session's revision starts."""
    exclusive: bool = False
    """Refuse with `session_busy` while the session has another live publisher."""
    where: Any = None
    """Where the agent runs: {host, pid, tty, tmux: {socket, pane}}; each may be missing."""


class Restore(_Message, frozen=True, tag="restore"):
    """-> `restored`; creates a session that `opened` called unknown from a whole view."""

    view: msgspec.Raw
    last: int
    """The number of this publisher's last event in the view."""

    @property
    def size(self) -> int:
        """Bytes of its view."""
        return len(memoryview(self.view))


class Append(_Message, frozen=True, tag="append"):
    """-> `ack`; events `first`, `first + 1`, ... of this publisher.

    `view`: the view after the last of them, if the publisher had to drop events before `first`.
    """

    first: int
    events: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=bounds.MAX_BATCH_EVENTS)]
    view: msgspec.Raw = msgspec.Raw()

    @property
    def size(self) -> int:
        """Bytes of its events and its view."""
        return sum(len(memoryview(data)) for data in (*self.events, self.view))


class Close(_Message, frozen=True, tag="close"):
    """-> `closed`; the publisher leaves. To end the session it appends an event first."""


ClientMessage: TypeAlias = (
    Hello
    | List
    | Status
    | Ping
    | Stop
    | Show
    | InspectCursor
    | Remove
    | Attach
    | Follow
    | Open
    | Restore
    | Append
    | Close
)

_decoder = msgspec.msgpack.Decoder(ClientMessage)
_encoder = msgspec.msgpack.Encoder()


def decode_message(data: bytes) -> ClientMessage:
    """The client's message in one frame's body.

    Raises:
        ProtocolViolation: it is not a message.
    """
    try:
        message: ClientMessage = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolViolation(f"not a message: {error}") from None
    return message


def encode_message(message: ClientMessage | dict[str, Any]) -> bytes:
    """One frame's body."""
    return _encoder.encode(message)
