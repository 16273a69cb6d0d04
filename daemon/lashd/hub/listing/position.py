"""The opaque point up to which a list was read: `lashl1:{incarnation}:{n}`."""

from __future__ import annotations

from lashd.cursor import MAX_INCARNATION, MAX_U64
from lashd.errors import RequestRefused
from lashd.protocol.messages import ErrorCode
from lashd.short import short

PREFIX = "lashl1:"
MAX_DIGITS = 20
"""Of a 64-bit number."""


def list_position(incarnation: int, n: int) -> str:
    """The text of position `n`. 0 stands for nothing read."""
    return f"{PREFIX}{incarnation}:{n}"


def parse_list_position(text: str) -> tuple[int, int]:
    """(incarnation, n).

    Raises:
        RequestRefused: it has no such form.
    """
    incarnation, _, n = text.removeprefix(PREFIX).partition(":")
    parts = (incarnation, n)
    if text.startswith(PREFIX) and all(
        part.isascii() and part.isdigit() and len(part) <= MAX_DIGITS for part in parts
    ):
        numbers = int(incarnation), int(n)
        if numbers[0] <= MAX_INCARNATION and numbers[1] <= MAX_U64:
            return numbers
    raise RequestRefused(
        ErrorCode.MALFORMED_POSITION,
        f"not a position of a list: `{short(text, 80)}` (expected {PREFIX}INCARNATION:NUMBER)",
    )
