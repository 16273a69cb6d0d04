"""Frames come out whole and in order, however the bytes come in; too long ones never."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.errors import ProtocolViolation
from lashd.protocol.framing import HEADER, FrameDecoder, frame
from lashd.wire_limits import MAX_FRAME_BYTES


def drain(decoder: FrameDecoder, limit: int = 1000) -> list[bytes]:
    """All frames that are whole."""
    found = []
    while (body := decoder.next_frame(limit)) is not None:
        found.append(body)
    return found


@settings(max_examples=100)
@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.data())
def test_frames_survive_any_cut(bodies: list[bytes], data: st.DataObject) -> None:
    """The pieces that bytes arrive in don't matter."""
    stream = b"".join(frame(body) for body in bodies)
    decoder, found = FrameDecoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        decoder.receive_data(stream[:size])
        found += drain(decoder)
        stream = stream[size:]
    assert found == bodies
    assert decoder.buffered == 0


def test_byte_by_byte() -> None:
    """Not even one byte at a time."""
    decoder, found = FrameDecoder(), []
    for byte in frame(b"abc") + frame(b"de"):
        decoder.receive_data(bytes([byte]))
        found += drain(decoder)
    assert found == [b"abc", b"de"]


def test_a_long_frame_is_refused_by_its_header_alone() -> None:
    """Before a byte of its body has come, so before memory is taken for it."""
    decoder = FrameDecoder()
    decoder.receive_data(HEADER.pack(101))
    with pytest.raises(ProtocolViolation, match="101 bytes; at most 100 are allowed"):
        decoder.next_frame(100)


def test_a_message_over_the_limit_is_not_sent() -> None:
    """The peer would close the connection over it."""
    assert len(frame(bytes(MAX_FRAME_BYTES))) == MAX_FRAME_BYTES + 4
    with pytest.raises(ProtocolViolation, match="over the limit"):
        frame(bytes(MAX_FRAME_BYTES + 1))


def test_the_limit_itself_is_allowed_and_may_change() -> None:
    """It is the limit of the moment in which the frame is asked for."""
    decoder = FrameDecoder()
    decoder.receive_data(frame(b"x" * 100) + frame(b"y" * 200))
    assert decoder.next_frame(100) == b"x" * 100
    assert decoder.next_frame(200) == b"y" * 200


def test_an_empty_frame_is_no_frame() -> None:
    """Every message has a body."""
    decoder = FrameDecoder()
    decoder.receive_data(HEADER.pack(0))
    with pytest.raises(ProtocolViolation, match="empty"):
        decoder.next_frame(100)


def test_no_more_is_held_than_what_is_not_whole() -> None:
    """Frames that were taken cost no memory."""
    decoder = FrameDecoder()
    for _ in range(100):
        decoder.receive_data(frame(b"x" * 900) + b"\0\0")
        assert drain(decoder) == [b"x" * 900]
        assert decoder.buffered == 2
        decoder.receive_data(b"\x03\x84" + b"x" * 900)
        assert drain(decoder) == [b"x" * 900]
        assert len(decoder._buffer) <= 2000
    decoder.clear()
    assert decoder.buffered == 0
