"""Reading in pieces: at once, and a sign when it is time to send."""

from __future__ import annotations

import os
from pathlib import Path

from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.input import read_in_pieces, text_ahead
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


def test_a_file_is_looked_at_and_not_read(tmp_path: Path) -> None:
    """From where its reader stands, up to the limit; it is all there for the reader."""
    path = tmp_path / "prompt"
    path.write_bytes("before|é".encode() + b"\xff" + b"x" * 100)
    with open(path, "rb", buffering=0) as file:
        assert file.read(7) == b"before|"
        assert text_ahead(file.fileno(), 5) == "é\ufffdxxx"
        assert file.read() == "é".encode() + b"\xff" + b"x" * 100
        assert text_ahead(file.fileno(), 5) == ""


def test_a_pipe_is_left_alone() -> None:
    """What were read there would be missing."""
    reading, writing = os.pipe()
    os.write(writing, b"prompt")
    assert text_ahead(reading, 100) == ""
    assert os.read(reading, 100) == b"prompt"
    os.close(reading)
    os.close(writing)
    assert text_ahead(writing, 100) == ""
