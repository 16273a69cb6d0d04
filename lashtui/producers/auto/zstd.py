"""Input that was compressed with Zstandard, where Python or a package can read it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

MAGIC = b"\x28\xb5\x2f\xfd"
"""How every such file begins."""

_PIECE = 256
"""Bytes at a time: no piece expands to more than some megabytes."""


class Unpacker:
    """Compressed bytes to what they hold."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._frame = make()

    @property
    def is_whole(self) -> bool:
        """Whether what came so far ends where a frame does."""
        return bool(self._frame.eof)

    def feed(self, data: bytes) -> bytes:
        """What `data` completes.

        Raises:
            ValueError: it is damaged.
        """
        parts = []
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            while piece:
                if self._frame.eof:
                    self._frame = self._make()
                try:
                    parts.append(self._frame.decompress(piece))
                except Exception as error:
                    raise ValueError(f"damaged Zstandard data: {error}") from error
                piece = self._frame.unused_data if self._frame.eof else b""
        return b"".join(parts)


def unpacker() -> Unpacker | None:
    """A fresh one; None if neither Python (3.14) nor the package zstandard is there for it."""
    try:
        return Unpacker(import_module("compression.zstd").ZstdDecompressor)
    except ImportError:
        pass
    try:
        return Unpacker(import_module("zstandard").ZstdDecompressor().decompressobj)
    except ImportError:
        return None
