"""The records of an attached stream as frames."""

from __future__ import annotations

from typing import Any

import msgspec

from lashd.protocol.framing import HEADER, frame
from lashd.protocol.messages import encode_message

_encode = msgspec.msgpack.Encoder().encode
_OBSERVATION = b"\x84" + _encode("type") + _encode("observation") + _encode("session_id")
_CURSOR = _encode("cursor")
_READ_VIEW = _encode("read_view")


class _WithCursor(msgspec.Struct):
    cursor: str


_cursor_decoder = msgspec.msgpack.Decoder(_WithCursor)


def record(kind: str, **fields: Any) -> bytes:
    """One frame with a record of type `kind`."""
    return frame(encode_message({"type": kind, **fields}))


def observation(session_id: str, cursor: str, read_view: bytes) -> tuple[bytes, bytes]:
    """An `observation` frame in two parts, the second `read_view` itself: shared, never copied."""
    head = _OBSERVATION + _encode(session_id) + _CURSOR + _encode(cursor) + _READ_VIEW
    return HEADER.pack(len(head) + len(read_view)) + head, read_view


def cursor_of(event_frame: bytes) -> str:
    """The cursor in an event's frame."""
    return _cursor_decoder.decode(memoryview(event_frame)[HEADER.size :]).cursor
