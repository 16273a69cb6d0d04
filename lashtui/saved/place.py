"""How much of a session the reader had seen when they left, besides the cursor. Pure.

It holds numbers and digests only: no text of an agent is written to disk.
"""

from __future__ import annotations

import msgspec

MAX_OPEN = 8
"""Entries that were still growing: more agents at a time than anyone reads at once."""
MAX_KEY = 32
MAX_BYTES = 1024
"""Of a place as JSON: what the fields below can take at most."""


class OpenEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry that was not complete when the reader left."""

    key: str
    """Digest of what the entry is known by."""
    chars: int | None = None
    """Characters of its text, those cut off at its head included; None for a call, which ran."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was there at the reader's cursor."""

    at: int | None = None
    """When the reader last looked: Unix milliseconds."""
    last: str | None = None
    """Digest of the last entry: a restored view has other positions."""
    open: tuple[OpenEntry, ...] = ()
    cost_usd: float | None = None
    """What the session had cost."""


_decoder = msgspec.json.Decoder(Place)


def encode_place(place: Place) -> bytes:
    """One line of JSON."""
    return msgspec.json.encode(place)


def decode_place(data: bytes) -> Place | None:
    """The place of one line of JSON; None if it is none of ours."""
    if len(data) > MAX_BYTES:
        return None
    try:
        place = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    keys = [place.last or "", *(entry.key for entry in place.open)]
    sound = len(place.open) <= MAX_OPEN and all(len(key) <= MAX_KEY for key in keys)
    return place if sound else None
