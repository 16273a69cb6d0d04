"""Conversations with a daemon as bytes: what a client says from its hello to its end.

Frames are put together from a stock of encoded parts, of which a few are drawn again for each
conversation: encoding every part anew would be most of a fuzzer's time.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import NamedTuple

from lashd.protocol.framing import HEADER, frame
from lashd.testing.hostile import IN_CONTENT, Hostile, Kind, Value, encode
from lashd.wire_limits import MAX_FRAME_BYTES, MAX_HELLO_BYTES, MAX_REQUEST_BYTES, MIB

STOCK_EVENTS = 600
STOCK_VIEWS = 60
STOCK_REQUESTS = 300
"""Parts kept ready: enough that conversations rarely repeat one another."""
MAX_CURSORS = 300
"""Cursors of the daemon's own that are kept for questions about them."""

HELLO = frame(encode({"type": "hello", "protocol": 1, "version": "fuzz"}))
LENGTHS = (
    0, 1, MAX_HELLO_BYTES, MAX_HELLO_BYTES + 1, MAX_REQUEST_BYTES, MAX_REQUEST_BYTES + 1,
    MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1, 2**31, 2**32 - 1, 0x47455420,
)  # fmt: skip
"""Around each bound; the last is what `GET ` reads as."""
HALF_SENT_BYTES = MIB


class Conversation(NamedTuple):
    """All that one client says."""

    data: bytes
    frames: int
    stays: bool
    """The client is likely to keep its connection open."""
    flood: bool = False
    """Many small values are in it."""


class Conversations:
    """Draws conversations, the same for the same source."""

    def __init__(
        self,
        source: random.Random,
        leave_out: Collection[Kind] = (),
        *,
        sessions: int = 24,
        more_sessions: int = 400,
    ) -> None:
        """Most are about `sessions` names `f-N`; now and then one is about one of many more."""
        self.source = source
        self.hostile = Hostile(source, leave_out)
        self.cursors = ["lashsc1:0:0:f-1"]
        self.positions = ["lashl1:0:0"]
        """Of lists."""
        self.read_too: list[str] = []
        """Sessions of others, which are only read."""
        self._names = [f"f-{index}" for index in range(sessions)]
        self._more = more_sessions
        self._raw_bytes = all(self.hostile.has(kind) for kind in IN_CONTENT)
        self._events = [self.hostile.event() for _ in range(STOCK_EVENTS)]
        self._views = [self.hostile.view() for _ in range(STOCK_VIEWS)]
        self._requests = [self._draw_request() for _ in range(STOCK_REQUESTS)]
        self._shapes = (
            *[self._garbage] * 8,
            *[self._odd_hello] * 4,
            *[self._asking] * 24,
            *[self._reading] * 12,
            *[self._publishing] * 36,
            *[self._restoring] * 8,
            *[self._in_any_order] * 8,
        )

    def next(self) -> Conversation:
        """Another one."""
        source = self.source
        self._events[source.randrange(STOCK_EVENTS)] = self.hostile.event()
        self._requests[source.randrange(STOCK_REQUESTS)] = self._draw_request()
        if source.random() < 0.1:
            self._views[source.randrange(STOCK_VIEWS)] = self.hostile.view()
        if self.hostile.has(Kind.HALF_SENT) and source.random() < 0.03:
            return self._half_sent()
        if self.hostile.has(Kind.FLOODS) and source.random() < 0.001:
            return self._flood()
        return source.choice(self._shapes)()

    def note_cursor(self, cursor: str) -> None:
        """The daemon gave this cursor: it may be asked about, as it is or changed."""
        if len(self.cursors) < MAX_CURSORS:
            self.cursors.append(cursor)
        else:
            self.cursors[self.source.randrange(MAX_CURSORS)] = cursor

    def note_position(self, position: str) -> None:
        """The daemon gave this position of a list: it may be followed from, as it is or changed."""
        if len(self.positions) < MAX_CURSORS:
            self.positions.append(position)
        else:
            self.positions[self.source.randrange(MAX_CURSORS)] = position

    # -- shapes -----------------------------------------------------------------------------------

    def _garbage(self) -> Conversation:
        source = self.source
        if source.random() < 0.5:
            return Conversation(source.randbytes(source.choice((1, 3, 4, 5, 50, 3000))), 1, False)
        start = HELLO if source.random() < 0.7 else b""
        length = source.choice(LENGTHS)
        data = HEADER.pack(length) + source.randbytes(source.choice((0, 1, 100)))
        return Conversation(start + data, 2, source.random() < 0.1)

    def _odd_hello(self) -> Conversation:
        hello = self.hostile.changed({"type": "hello", "protocol": 1, "version": "x"})
        return Conversation(frame_of(hello) + self._request(), 2, False)

    def _asking(self) -> Conversation:
        frames = [self._request() for _ in range(self.source.randrange(1, 40))]
        return self._conversation(frames, mutable=True)

    def _reading(self) -> Conversation:
        attach = self._attach() if self.source.random() < 0.8 else self._follow()
        if self.source.random() < 0.2:
            attach = self.hostile.changed(attach)
        frames = [frame_of(attach)]
        frames += [PING for _ in range(self.source.randrange(6))]
        return self._conversation(frames, mutable=True, stays=self.source.random() < 0.5)

    def _publishing(self) -> Conversation:
        source = self.source
        frames = [self._open()]
        number = 1
        for _ in range(source.randrange(1, 16)):
            count = source.choice((0, 1, 1, 1, 2, 2, 3, 8))
            first = number
            if source.random() < 0.04:
                first = source.choice((0, 1, number + 50, max(1, number - 3), 2**63, 2**64 - 1))
            frames.append(self._append(first, count))
            number += count
        if source.random() < 0.4:
            frames.append(CLOSE)
            frames += [self._request() for _ in range(source.randrange(3))]
        return self._conversation(frames, mutable=self._raw_bytes, stays=source.random() < 0.15)

    def _restoring(self) -> Conversation:
        source = self.source
        last = source.choice((0, 1, 5, 2**63, 2**64 - 1))
        view = source.choice(self._views)
        frames = [
            self._open(f"r-{source.randrange(80)}"),
            frame(b"\x83\xa4type\xa7restore\xa4last" + encode(last) + b"\xa4view" + view),
            self._append(last + 1 if last < 10 else 6, 2),
        ]
        return self._conversation(frames, mutable=self._raw_bytes)

    def _in_any_order(self) -> Conversation:
        source = self.source
        any_of = (
            self._request,
            lambda: frame_of(self._attach()),
            lambda: frame_of(self._follow()),
            self._open,
            lambda: self._append(source.choice((1, 2, 9)), 2),
            lambda: CLOSE,
            lambda: HELLO,
        )
        frames = [source.choice(any_of)() for _ in range(source.randrange(2, 12))]
        return self._conversation(frames, mutable=self._raw_bytes)

    def _half_sent(self) -> Conversation:
        body = b"\x83\xa4type\xa6append" + bytes(HALF_SENT_BYTES)
        data = HELLO + self._open() + HEADER.pack(MAX_FRAME_BYTES) + body
        return Conversation(data, 3, True)

    def _flood(self) -> Conversation:
        append = b"\x83\xa4type\xa6append\xa5first\x01\xa6events\x98"
        frames = [self._open(), frame(append + self.hostile.flood() * 8)]
        return self._conversation(frames)._replace(flood=True)

    def _conversation(
        self, frames: list[bytes], *, mutable: bool = False, stays: bool = False
    ) -> Conversation:
        """`mutable`: single bytes of it may be changed."""
        data = b"".join(frames)
        if mutable and self.source.random() < 0.1:
            data = self.hostile.changed_bytes(data)
        return Conversation(HELLO + data, 1 + len(frames), stays)

    # -- frames -----------------------------------------------------------------------------------

    def session(self) -> str:
        """A session's name."""
        if self.source.random() < 0.98:
            return self.source.choice(self._names)
        return f"g-{self.source.randrange(self._more)}"

    def cursor(self) -> str:
        """A cursor, of the daemon's or made of one."""
        source = self.source
        return self._changed(source.choice(self.cursors))

    def _changed(self, cursor: str) -> str:
        """A cursor or a position, as it is or with something about it changed."""
        source = self.source
        if source.random() < 0.6:
            return cursor
        parts = cursor.split(":", 3)
        how = source.randrange(5)
        if how == 0:
            return cursor[: source.randrange(len(cursor))]
        if how == 1:
            parts[3:] = [self.session()]
        elif how == 2:
            parts[source.choice((1, 2))] = str(source.choice((0, 1, -1, 2**64 - 1, 2**64)))
        elif how == 3:
            index = source.randrange(len(cursor))
            return f"{cursor[:index]}{chr(source.randrange(1, 0x300))}{cursor[index + 1 :]}"
        elif len(parts) > 2 and parts[2].isdecimal():
            parts[2] = str(max(0, int(parts[2]) + source.choice((-5, -1, 1, 5, 1 << 40))))
        return ":".join(parts)

    def _request(self) -> bytes:
        return self.source.choice(self._requests)

    def _draw_request(self) -> bytes:
        source = self.source
        session = self.session()
        if self.read_too and source.random() < 0.2:
            session = source.choice(self.read_too)
        chance = source.random()
        message: Value
        if chance < 0.5:
            message = {"type": "ping"}
        elif chance < 0.65:
            message = {"type": "cursor", "cursor": self.cursor()}
        elif chance < 0.8:
            message = {"type": "show", "session_id": session}
        elif chance < 0.9:
            message = {"type": "status"}
        elif chance < 0.92:
            message = {"type": "list"}
        else:
            message = {
                "type": "remove", "session_id": self.session(), "force": source.random() < 0.2,
            }  # fmt: skip
        if source.random() < 0.15:
            message = self.hostile.changed(message)
            if isinstance(message, dict) and message.get("type") == "stop":
                message["type"] = "ping"
        return frame_of(message)

    def _attach(self) -> Value:
        source = self.source
        start = source.choice(("snapshot", "cursor", "start", "now"))
        attach: Value = {"type": "attach", "start": start}
        if source.random() < 0.8:
            attach["session_id"] = self.session()
        if start == "cursor" or source.random() < 0.2:
            attach["cursor"] = self.cursor()
        if source.random() < 0.2:
            attach["last"] = source.choice((0, 1, 5, 100, 2**40, -1))
        if source.random() < 0.3:
            attach["wait"] = True
        return attach

    def _follow(self) -> Value:
        if self.source.random() < 0.3:
            return {"type": "follow"}
        return {"type": "follow", "after": self._changed(self.source.choice(self.positions))}

    def _open(self, session_id: str | None = None) -> bytes:
        source = self.source
        message: Value = {
            "type": "open",
            "session_id": session_id or self.session(),
            # Some are drawn again and again: those return to their sessions, or collide.
            "publisher_id": f"{source.choice((source.randrange(30), source.getrandbits(64))):032x}",
        }
        if source.random() < 0.2:
            message |= {"title": "t", "agent": "a", "directory": "/", "revision": 5}
            message["where"] = {"host": "h", "pid": 7, "tmux": {"socket": "/s", "pane": "%1"}}
        if source.random() < 0.05:
            message["exclusive"] = True
        if source.random() < 0.04:
            message = self.hostile.changed(message)
        return frame_of(message)

    def _append(self, first: int, count: int) -> bytes:
        source = self.source
        with_view = source.random() < 0.02
        head = b"\x84" if with_view else b"\x83"
        view = b"\xa4view" + source.choice(self._views) if with_view else b""
        events = b"".join(source.choices(self._events, k=count))
        array = bytes([0x90 + count])
        return frame(
            b"%b\xa4type\xa6append\xa5first%b%b\xa6events%b%b"
            % (head, encode(first), view, array, events)
        )


def frame_of(message: Value) -> bytes:
    """The frame of any value."""
    return frame(encode(message))


PING = frame_of({"type": "ping"})
CLOSE = frame_of({"type": "close"})
