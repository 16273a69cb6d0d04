"""How many bytes an event of text has, encoded, for a store that keeps it as it is.

msgpack's encoder tells the size of a payload sooner than arithmetic in Python could. What stands
around it, in the form of `lashd.session.codec`, has the same size for all events of a revision.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from lashd.cursor import PREFIX
from lashd.session.events import (
    AssistantProseDelta,
    Error,
    ReasoningDelta,
    TurnActivity,
    UserMessage,
    Waiting,
)

_encoder = msgspec.msgpack.Encoder()
encode_into = _encoder.encode_into
"""Encodes a payload as `envelope_size` counts on it."""

TEXT_EVENTS: frozenset[type] = frozenset(
    {AssistantProseDelta, ReasoningDelta, UserMessage, Error, Waiting}
)
"""Kinds that hold text alone. What others hold, whoever appended it or read it could change."""

Envelope: TypeAlias = tuple[int, int, int]
"""The bytes around a payload; for which revision; and up to which position, that excluded."""

_NIL = len(_encoder.encode(None))
NO_ENVELOPE: Envelope = (0, -1, 0)


def envelope_size(session_id: str, revision: int, position: int) -> Envelope:
    """What to add to the encoded parts of an event (its payload; its time, where it has one)."""
    around = {
        "session_id": session_id,
        "revision": revision,
        "cursor": f"{PREFIX}{revision}:{position}:{session_id}",
        "at": None,
        "type": TurnActivity.tag,
        "activity": {},
    }
    # A payload holds its event in a map of its own; on the wire the two are one.
    apart = len(_encoder.encode({"event": {}}))
    return len(_encoder.encode(around)) - apart, revision, 10 ** len(str(position))


def time_size(at: int) -> int:
    """What a time adds to that."""
    return len(_encoder.encode(at)) - _NIL
