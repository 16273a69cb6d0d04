"""Blocks of type thinking that are no thoughts: what the agent said between two calls, summarised.

Claude Code names them in `narration_block_indexes` of its stream. Its transcript doesn't: there the
signature's envelope says the kind of the block, as Claude Code itself reads it. A signature that is
not understood is one of thoughts.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from lashtui.producers.fields import text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

SUMMARY: Final = " · summary"
"""What Claude Code puts after them, since these are not the agent's own words."""
MAX_SIGNATURE: Final = 256 * 1024
"""Characters of a signature that is looked into; they have some hundreds."""
_WAY: Final = (2, 1, 8)
"""Fields that lead to the kind, each inside of the one before."""
_KIND: Final = b"narration"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def is_narration(record: Record, block: Record, index: int) -> bool:
    """Whether block number `index` of a record's message is one."""
    if block.get("type") != "thinking" or not text_of(block, "thinking").strip():
        return False
    named = record.get("narration_block_indexes")
    if isinstance(named, list):
        return index in named
    return kind_of(text_of(block, "signature")) == _KIND


def kind_of(signature: str) -> bytes | None:
    """The kind that a signature tells; None: none."""
    if not signature or len(signature) > MAX_SIGNATURE:
        return None
    try:
        found: bytes | None = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return None
    for number in _WAY:
        found = _field(found, number) if found is not None else None
    return found


def _field(data: bytes, wanted: int) -> bytes | None:
    """The first field of this number that holds bytes, in a message of protocol buffers."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _BYTES:
            size, at = _varint(data, at)
            if at + size > len(data):
                return None
            if number == wanted:
                return data[at : at + size]
            at += size
        elif kind == _VARINT:
            _, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        else:
            return None
    return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; past the end, one that nothing fits after."""
    value = 0
    for place in range(10):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return 0, len(data)
