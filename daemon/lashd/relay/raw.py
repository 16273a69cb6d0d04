"""A decoder of a daemon's messages for one that hands them on: events stay the bytes they are."""

from __future__ import annotations

from typing import Any

import msgspec

from lashd.client.decode import decode_record

BODY = "body"
"""Where a record has its bytes: an event all of them, an `observation` those of its view, and a
`session` those of its row."""


class _Event(msgspec.Struct):
    type: str
    cursor: str = ""


class _Observation(msgspec.Struct):
    session_id: str
    cursor: str
    read_view: msgspec.Raw


class _Session(msgspec.Struct):
    session: msgspec.Raw
    position: str = ""


_EVENTS = frozenset(
    (
        "turn_activity",
        "committed",
        "queue_changed",
        "process_changed",
        "agent_frame_switched",
        "session_changed",
    )
)
_head = msgspec.msgpack.Decoder(_Event).decode
_observation = msgspec.msgpack.Decoder(_Observation).decode
_session = msgspec.msgpack.Decoder(_Session).decode


def decode_raw(body: bytes) -> dict[str, Any]:
    """One message.

    Raises:
        ValueError: it is not a message.
    """
    try:
        head = _head(body)
        if head.type in _EVENTS:
            return {"type": head.type, "cursor": head.cursor, BODY: body}
        if head.type == "observation":
            found = _observation(body)
            return {
                "type": head.type,
                "session_id": found.session_id,
                "cursor": found.cursor,
                BODY: bytes(found.read_view),
            }
        if head.type == "session":
            row = _session(body)
            return {"type": head.type, "position": row.position, BODY: bytes(row.session)}
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    return decode_record(body)
