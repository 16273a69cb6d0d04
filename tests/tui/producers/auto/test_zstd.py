"""Compressed input: read where something can, else said what to do."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from lashtui.producers.auto import zstd
from lashtui.producers.auto.producer import AutoProducer
from lashtui.producers.auto.zstd import MAGIC, Unpacker

LINES = b'{"id": "x", "timestamp": "2025-07-01T00:00:00Z", "instructions": null}\n'


class Frame:
    """Stands for a decompressor: what follows the magic, until a zero byte ends the frame."""

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""
        self._head = b""

    def decompress(self, data: bytes) -> bytes:
        """More of it."""
        missing = max(0, len(MAGIC) - len(self._head))
        self._head += data[:missing]
        if not MAGIC.startswith(self._head):
            raise RuntimeError("no frame")
        body, end, rest = data[missing:].partition(b"\0")
        self.eof, self.unused_data = bool(end), rest
        return body


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something here can unpack."""
    monkeypatch.setattr("lashtui.producers.auto.producer.unpacker", lambda: Unpacker(Frame))


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here can."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(zstd, "import_module", missing)


@pytest.mark.parametrize("size", [1, 3, 5, 1000])
def test_frames_are_unpacked_in_any_pieces(size: int) -> None:
    """One after the other, as files hold them."""
    packed = MAGIC + b"one " * 200 + b"\0" + MAGIC + b"two\0"
    source = Unpacker(Frame)
    parts = [source.feed(packed[at : at + size]) for at in range(0, len(packed), size)]
    assert b"".join(parts) == b"one " * 200 + b"two"


@pytest.mark.usefixtures("readable")
def test_a_compressed_rollout_is_read() -> None:
    """By its content, as if it were not compressed."""
    producer = AutoProducer()
    producer.feed(MAGIC + LINES + b"\0")
    assert (producer.chosen, producer.take_warnings()) == ("codex-rollout", [])


@pytest.mark.usefixtures("readable")
def test_damage_is_reported_once() -> None:
    """And nothing of the rest is shown."""
    producer = AutoProducer()
    assert producer.feed(MAGIC + LINES + b"\0garbage") is not None
    assert producer.feed(b"more") == []
    (warning,) = producer.take_warnings()
    assert "damaged" in warning


@pytest.mark.usefixtures("unreadable")
def test_what_cannot_be_read_says_how() -> None:
    """No bytes of it are shown as text."""
    producer = AutoProducer()
    producer.feed(MAGIC + b"binary")
    (warning,) = producer.take_warnings()
    assert "zstd -dc FILE | lashtui publish NAME" in warning


def test_pythons_own_or_the_packages_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is there."""
    own = SimpleNamespace(ZstdDecompressor=Frame)
    package = SimpleNamespace(ZstdDecompressor=lambda: SimpleNamespace(decompressobj=Frame))
    monkeypatch.setitem(sys.modules, "compression", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "compression.zstd", own)
    first = zstd.unpacker()
    assert first is not None
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "zstandard", package)
    second = zstd.unpacker()
    assert second is not None
    assert first.feed(MAGIC + b"a\0") == second.feed(MAGIC + b"a\0") == b"a"


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize("packed", [MAGIC + LINES, MAGIC + LINES + b"\0damaged"])
def test_compressed_input_that_is_not_whole_is_said_to_be(packed: bytes) -> None:
    """What became of the session is in the part that can't be read."""
    producer = AutoProducer()
    producer.feed(packed)
    producer.finish(None)
    (warning,) = producer.take_warnings()
    assert "cut off" in warning or "can't be read" in warning
    assert not producer.is_readable
