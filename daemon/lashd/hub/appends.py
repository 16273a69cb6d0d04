"""Appends as nearly all are: events of known kinds alone, decoded in one call."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lashd.protocol.messages import Append
from lashd.session.arrivals import TypedArrival
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_EVENT_VALUES


class TypedAppend(Append, frozen=True, tag="append"):
    """An `append` of nothing but events of known kinds. Their values are not checked yet."""

    events: Annotated[list[TypedArrival], msgspec.Meta(max_length=MAX_BATCH_EVENTS)]  # type: ignore[assignment]
    view: None = None  # type: ignore[assignment]


_decode = msgspec.msgpack.Decoder(TypedAppend).decode


def decode_typed(body: bytes) -> TypedAppend | None:
    """The append in one frame's body; None if it is anything else."""
    if len(body) > MAX_EVENT_VALUES:
        return None  # it may hold more values than an event may: those are counted undecoded
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
