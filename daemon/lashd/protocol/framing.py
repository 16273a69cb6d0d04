"""Frames on a byte stream: a 4-byte big-endian length, then a body of that many bytes."""

from __future__ import annotations

import struct

from lashd.errors import ProtocolViolation
from lashd.wire_limits import MAX_FRAME_BYTES

HEADER = struct.Struct(">I")
HEADER_BYTES = HEADER.size


def frame(body: bytes) -> bytes:
    """The frame around one message's body.

    Raises:
        ProtocolViolation: it is larger than any peer accepts.
    """
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolViolation(
            f"a message of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}"
        )
    return HEADER.pack(len(body)) + body


def check_length(length: int, limit: int) -> None:
    """Refuse a body of `length` bytes where `limit` are allowed.

    Raises:
        ProtocolViolation: it is empty or too long.
    """
    if length > limit:
        raise ProtocolViolation(f"a frame of {length} bytes; at most {limit} are allowed here")
    if not length:
        raise ProtocolViolation("an empty frame")


class FrameDecoder:
    """Takes bytes in chunks of any size and returns the bodies of whole frames.

    Obligation of the caller: after `receive_data`, call `next_frame` until it returns None before
    passing in more bytes. Then at most one unfinished frame is held, and one over the limit is
    refused as soon as its header is there, before memory is taken for it.
    """

    __slots__ = ("_buffer", "_end", "_offset")

    def __init__(self) -> None:
        self._buffer: bytes | bytearray = b""
        self._offset = 0
        self._end = 0

    @property
    def buffered(self) -> int:
        """Bytes received and not returned yet."""
        return self._end - self._offset

    def receive_data(self, data: bytes) -> None:
        """Add what the peer sent."""
        if self._offset == self._end:
            # Nearly always: the whole frames of one read, which need not be copied.
            self._buffer = data
        else:
            if isinstance(self._buffer, bytes):
                self._buffer = bytearray(memoryview(self._buffer)[self._offset :])
            elif self._offset:
                # Once a chunk, not once a frame: what moves is shorter than one frame.
                del self._buffer[: self._offset]
            self._buffer += data
        self._offset, self._end = 0, len(self._buffer)

    def next_frame(self, limit: int) -> bytes | None:
        """The next body, or None while it is incomplete. The limit may change between calls.

        Raises:
            ProtocolViolation: the next body is empty or longer than `limit` bytes.
        """
        start = self._offset + HEADER_BYTES
        if start > self._end:
            return None
        (length,) = HEADER.unpack_from(self._buffer, self._offset)
        end = start + length
        check_length(length, limit)
        if end > self._end:
            return None
        self._offset = end
        buffer = self._buffer
        if type(buffer) is bytes:
            return buffer[start:end]
        with memoryview(buffer) as view:
            return bytes(view[start:end])

    @property
    def is_short(self) -> bool:
        """No body is there, and none that is to be refused, before more bytes come."""
        if self._end - self._offset < HEADER_BYTES:
            return True
        length: int = HEADER.unpack_from(self._buffer, self._offset)[0]
        return 0 < length <= MAX_FRAME_BYTES

    def next_frames(self, limit: int) -> list[bytes]:
        """All whole bodies that have come, up to one that `next_frame` would refuse."""
        buffer, offset, stop = self._buffer, self._offset, self._end
        if type(buffer) is not bytes:
            with memoryview(buffer) as view:
                buffer = bytes(view[offset:stop])
            self._buffer, offset, stop = buffer, 0, len(buffer)
        bodies: list[bytes] = []
        add, unpack = bodies.append, HEADER.unpack_from
        start = offset + HEADER_BYTES
        while start <= stop:
            (length,) = unpack(buffer, offset)
            end = start + length
            if end > stop or not 0 < length <= limit:
                break
            add(buffer[start:end])
            offset, start = end, end + HEADER_BYTES
        self._offset, self._end = offset, stop
        return bodies

    def clear(self) -> None:
        """Forget everything that was received."""
        self._buffer = b""
        self._offset = self._end = 0
