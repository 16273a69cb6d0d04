"""The daemon's side of one connection, without I/O: bytes in, messages out, replies' bytes out.

`TRANSITIONS` decides which message is allowed when. One that is not in its state's row is answered
with an error, and the connection is closed. One that the hub refuses (`refuse`) leaves the
connection in the state it was in before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any

from lashd.errors import ProtocolViolation
from lashd.protocol.framing import FrameDecoder, check_length, frame
from lashd.protocol.messages import (
    PROTOCOL_VERSION,
    Append,
    Attach,
    ClientMessage,
    Close,
    ErrorCode,
    Follow,
    Hello,
    InspectCursor,
    List,
    Open,
    Ping,
    Remove,
    Restore,
    Show,
    Status,
    Stop,
    decode_message,
    encode_message,
)
from lashd.wire_limits import MAX_FRAME_BYTES, MAX_HELLO_BYTES, MAX_REQUEST_BYTES

CLOSING_CODES = frozenset((ErrorCode.BAD_REQUEST, ErrorCode.BAD_VERSION))
"""After these the client can't be understood; nothing more is read from it."""


class State(Enum):
    """What a connection is used for."""

    HELLO = "hello"
    """The client has not said hello yet."""
    READY = "ready"
    """Plain requests, one reply each."""
    STREAMING = "streaming"
    """Attached to a session, or following the list."""
    PUBLISHING = "publishing"
    """Has opened a session."""
    CLOSED = "closed"
    """Nothing more is read; what is queued still goes out."""


_REQUESTS: dict[type[ClientMessage], State] = dict.fromkeys(
    (List, Status, Ping, Stop, Show, InspectCursor, Remove), State.READY
)

TRANSITIONS: dict[State, dict[type[ClientMessage], State]] = {
    State.HELLO: {Hello: State.READY},
    State.READY: {
        **_REQUESTS,
        Attach: State.STREAMING,
        Follow: State.STREAMING,
        Open: State.PUBLISHING,
    },
    State.STREAMING: {Ping: State.STREAMING},
    State.PUBLISHING: {
        Restore: State.PUBLISHING,
        Append: State.PUBLISHING,
        Ping: State.PUBLISHING,
        Close: State.READY,
    },
    State.CLOSED: {},
}

MAX_BYTES: dict[State, int] = {
    State.HELLO: MAX_HELLO_BYTES,
    State.READY: MAX_REQUEST_BYTES,
    State.STREAMING: MAX_REQUEST_BYTES,
    State.PUBLISHING: MAX_FRAME_BYTES,
    State.CLOSED: 0,
}
"""The largest frame body that is read in each state."""


class ServerConnection:
    """State machine of one connection.

    Obligations of the caller: after `receive_data`, call `next_message` until it gives None,
    handling each message before the next is asked for; after any call, send `data_to_send()`;
    once `closed` is true and that is sent, close the connection.
    """

    def __init__(
        self,
        greeting: dict[str, Any],
        decode_append: Callable[[bytes], Append | None] = lambda body: None,
        split_append: Callable[[bytes], Append | None] = lambda body: None,
    ) -> None:
        """`decode_append` decodes those appends of a publisher that it can better than we;
        `split_append` those that are too deep for us."""
        self.state = State.HELLO
        self.exhausted = True
        """There is no further message until more bytes come."""
        self._decode = decode_append
        self._split = split_append
        self._ahead: deque[bytes] = deque()
        """Bodies of messages that were looked at and not taken."""
        self._before = State.HELLO
        self._decoder = FrameDecoder()
        self._outgoing: list[bytes] = [frame(encode_message({"type": "hello", **greeting}))]

    @property
    def closed(self) -> bool:
        """Nothing more is read; what is in `data_to_send` still goes out."""
        return self.state is State.CLOSED

    @property
    def buffered(self) -> int:
        """Bytes held of messages that have not come in full, or not been taken."""
        held = self._decoder.buffered
        return held + sum(map(len, self._ahead)) if self._ahead else held

    def receive_data(self, data: bytes) -> None:
        """Bytes from the client; ignored once closed."""
        if self.state is not State.CLOSED:
            self._decoder.receive_data(data)
            self.exhausted = False

    def next_message(self) -> ClientMessage | None:
        """The next message that is allowed now, or None if there is none yet.

        The hello is handled here and never returned. Bytes that are not a message, or a message
        that is not allowed now, put an `error` into `data_to_send` and close the connection.
        """
        while self.state is not State.CLOSED:
            try:
                body = self._next_body()
                if body is None:
                    self.exhausted = True
                    return None
                message = self._decode_message(body)
                self._advance(message)
            except ProtocolViolation as error:
                self.refuse(ErrorCode.BAD_REQUEST, str(error))
                return None
            if not isinstance(message, Hello):
                return message
            if message.protocol != PROTOCOL_VERSION:
                self.refuse(
                    ErrorCode.BAD_VERSION,
                    f"the daemon speaks protocol {PROTOCOL_VERSION}, the client "
                    f"{message.protocol} (version {message.version[:40] or 'unknown'}); "
                    + (
                        "stop the daemon and start it again with the newer version"
                        if message.protocol > PROTOCOL_VERSION
                        else "upgrade the client"
                    ),
                    protocol=PROTOCOL_VERSION,
                )
        return None

    def _decode_message(self, body: bytes) -> ClientMessage:
        try:
            return decode_message(body)
        except ProtocolViolation:
            append = self._split(body) if self.state is State.PUBLISHING else None
            if append is None:
                raise
            return append

    def next_appends(self) -> list[Append]:
        """The appends that have come and that `decode_append` takes, up to any other message.

        Each of them may be refused as if it were the only one.
        """
        appends: list[Append] = []
        if self.state is not State.PUBLISHING or self._ahead:
            return appends
        self._before = State.PUBLISHING
        decode = self._decode
        bodies = self._decoder.next_frames(MAX_BYTES[State.PUBLISHING])
        for body in bodies:
            append = decode(body)
            if append is None:
                self._ahead = deque(bodies[len(appends) :])
                return appends
            appends.append(append)
        self.exhausted = self._decoder.is_short
        return appends

    def _next_body(self) -> bytes | None:
        limit = MAX_BYTES[self.state]
        if not self._ahead:
            return self._decoder.next_frame(limit)
        body = self._ahead.popleft()
        check_length(len(body), limit)
        return body

    def refuse(self, code: ErrorCode, message: str, **more: Any) -> None:
        """Answer the last message with an error, as if it had not changed the state."""
        if self.state is State.CLOSED:
            return
        error = {"type": "error", "code": code.value, "message": message, **more}
        self._outgoing.append(frame(encode_message(error)))
        self.state = self._before
        if code in CLOSING_CODES:
            self.close()

    def close(self) -> None:
        """Read nothing more."""
        self.state = State.CLOSED
        self._decoder.clear()
        self._ahead.clear()

    @property
    def has_data_to_send(self) -> bool:
        """`data_to_send` would give something."""
        return bool(self._outgoing)

    def data_to_send(self) -> list[bytes]:
        """Frames to send now, oldest first; each is returned once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def _advance(self, message: ClientMessage) -> None:
        after = TRANSITIONS[self.state].get(type(message))
        if after is None:
            raise ProtocolViolation(
                f"`{type(message).__struct_config__.tag}` is not allowed"
                f" in state `{self.state.value}`"
            )
        self._before, self.state = self.state, after
