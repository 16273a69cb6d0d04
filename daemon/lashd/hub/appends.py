"""Appends as nearly all are: turn events of known kinds alone, decoded in one call."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lashd.protocol.messages import Append
from lashd.session.arrivals import TurnArrival
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_EVENT_VALUES


class TurnAppend(Append, frozen=True, tag="append"):
    """An `append` of nothing but turn events of known kinds. Their values are not checked yet."""

    events: Annotated[list[TurnArrival], msgspec.Meta(max_length=MAX_BATCH_EVENTS)]  # type: ignore[assignment]
    view: None = None  # type: ignore[assignment]


_decode = msgspec.msgpack.Decoder(TurnAppend).decode


def decode_turns(body: bytes) -> TurnAppend | None:
    """The append in one frame's body; None if it is anything else."""
    if len(body) > MAX_EVENT_VALUES:
        return None  # it may hold more values than an event may: those are counted undecoded
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
