"""Reading in pieces: at once, and a sign when it is time to send."""

from __future__ import annotations

import os

from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.input import read_in_pieces
from lashtui.producers.text import TextProducer


def test_pieces_and_the_sign_to_send() -> None:
    """What is there comes as read; after a pause an empty piece; then the end."""
    reading, writing = os.pipe()
    os.write(writing, b"one")
    pieces = read_in_pieces(reading, lambda call: call(), FlushTimer(TextProducer()))
    assert next(pieces) == b"one"
    assert next(pieces) == b""
    os.write(writing, b"two")
    assert next(pieces) == b"two"
    os.close(writing)
    assert list(pieces) == []
    os.close(reading)


def test_a_steady_stream_is_sent_as_well() -> None:
    """Input that never pauses doesn't put off the sending."""
    with open("/dev/zero", "rb") as endless:
        pieces = read_in_pieces(endless.fileno(), lambda call: call(), FlushTimer(TextProducer()))
        assert any(piece == b"" for piece, _ in zip(pieces, range(10_000_000), strict=False))
