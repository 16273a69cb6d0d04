"""Input that is no text at all, by its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.events import Committed, RuntimeDiagnostic, TurnActivity
from lashtui.producers import Produced

if TYPE_CHECKING:
    from lashd.events import SessionOutcome

_MAGIC: Final = (
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with Zstandard: decompress it first (zstd -dc FILE | lashtui publish NAME)",
    ),
    (b"\x1f\x8b", "compressed with gzip: decompress it first (gzip -dc FILE)"),
    (b"\xfd7zXZ\x00", "compressed with xz: decompress it first (xz -dc FILE)"),
    (b"BZh", "compressed with bzip2: decompress it first (bzip2 -dc FILE)"),
    (b"\x04\x22\x4d\x18", "compressed with LZ4: decompress it first (lz4 -dc FILE)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
)


def binary_kind(head: bytes) -> str | None:
    """What the input is, where its first bytes say that it is no text; None otherwise."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP image"
    return None


class BinaryProducer:
    """Says what the input is, and shows nothing of it."""

    def __init__(self, kind: str) -> None:
        self.chosen = "binary data"
        self.is_text = self.is_readable = False
        self.in_turn = False
        self._kind = kind

    def feed(self, data: bytes) -> list[Produced]:
        """One remark at the first bytes."""
        if self.in_turn:
            return []
        self.in_turn = True
        remark = RuntimeDiagnostic("unreadable_input", {"message": f"The input is {self._kind}."})
        return [Produced(TurnActivity("", None, remark))]

    def flush(self) -> list[Produced]:
        """Nothing."""
        return []

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The remark's turn ends."""
        was_in_turn, self.in_turn = self.in_turn, False
        return [Produced(Committed())] if was_in_turn else []

    def take_warnings(self) -> list[str]:
        """The caller has said it."""
        return []
