"""Events as they leave a publisher: made JSON, bounded, and encoded once.

This is what the agent's own thread does for each event, so it is little, takes no lock and knows no
session. What is missing (ids, the entry that a text continues) depends on the session's view; a
`Draft` adds it to the encoded event, which is not encoded a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from lashd.cursor import MAX_U64
from lashd.errors import InvalidEvent
from lashd.session.codec import ENVELOPE, typed_payload
from lashd.session.event_time import event_time
from lashd.session.events import (
    TURN_EVENTS,
    AnyTurnEvent,
    Payload,
    TurnActivity,
    UnknownTurnEvent,
)
from lashd.session.json_values import is_plain
from lashd.session.jsonable import jsonable, plain_text
from lashd.wire_limits import KIB, MAX_EVENT_BYTES

MAX_ID = 1024
"""Characters of an id that some program made; a view keeps 256."""
MAX_BODY = MAX_EVENT_BYTES - 16 * KIB
"""Bytes of an event without what is added later: three ids, a time and a number."""
_BUDGETS = (256 * KIB, 64 * KIB)
"""Bytes of each field of an event that has to be cut: no view keeps more of an output. The second
if that was not enough: some ten fields of that size fit into an event."""

_encode = msgspec.msgpack.Encoder().encode
_FIELDS: dict[type[Any], tuple[str, ...]] = {
    kind: kind.__struct_fields__ for kind in TURN_EVENTS.values()
}


class Outgoing(NamedTuple):
    """An encoded event, without its time and, of a turn event, the ids and what is around them."""

    body: bytes
    at: int
    is_turn: bool = False
    id: str = ""
    correlation_id: str | None = None
    parent: str | None = None
    revision: int | None = None

    def complete(self, own_id: str, correlation: str) -> bytes:
        """The event as it goes over the wire; a turn event's with these ids."""
        end = _AT + _encode(self.at)
        count = 1
        if self.revision is not None:
            end += _REVISION + _encode(self.revision)
            count += 1
        given, rest = _opened(self.body)
        if not self.is_turn:
            return b"".join((_map_head(given + count), rest, end))
        ids = [_ID, _encode(own_id), _CORRELATION, _encode(correlation)]
        if self.parent is not None:
            ids += (_PARENT, _encode(self.parent))
        head = _map_head(given + len(ids) // 2)
        return b"".join((_map_head(2 + count), _TURN, head, *ids, rest, end))


def outgoing(payload: Payload, at: int, revision: int | None = None) -> Outgoing:
    """`payload`, encoded. What has no form in JSON is replaced, what is too long is cut.

    A commit's view that can't be sent as it is is left out.

    Raises:
        InvalidEvent: there is nothing that could be sent.
    """
    if revision is not None and (type(revision) is not int or not 0 <= revision <= MAX_U64):
        raise InvalidEvent(f"revision {plain_text(revision, 80)} is not a u64")
    if not isinstance(payload, TurnActivity):
        return Outgoing(_payload_body(payload), at, revision=revision)
    event = payload.event
    if type(event) is UnknownTurnEvent:
        if type(event.tag) is not str:
            raise InvalidEvent("an event's type is text")
        body = _encoded({"type": event.tag}, _unknown(event.fields))
    else:
        body = _turn_body(event)
    own_id, correlation, parent = payload.id, payload.correlation_id, payload.parent
    return Outgoing(
        body,
        at,
        True,
        carried_id(own_id) if own_id else "",
        carried_id(correlation) if correlation else None,
        carried_id(parent) if parent is not None else None,
        revision,
    )


def time_of(at: object, now: int) -> int:
    """When an event happened, as its source says; now where that can't be."""
    if at is None:
        return now
    try:
        return event_time(int(at), now)  # type: ignore[call-overload]
    except Exception:
        return now


def payload_of(wire: Mapping[Any, Any]) -> tuple[Payload, int | None, int | None]:
    """The event of a map such as the wire has, or of a bare activity; its time and revision.

    Raises:
        InvalidEvent: it is no event.
    """
    plain: Any = wire if is_plain(wire, MAX_EVENT_BYTES) else jsonable(wire, _BUDGETS[0])
    if not isinstance(plain, dict):
        raise InvalidEvent("a map that can't be read")
    at, revision = plain.get("at"), plain.get("revision")
    return (
        typed_payload(plain),
        at if type(at) is int else None,
        revision if type(revision) is int else None,
    )


def carried_id(value: object) -> str:
    """An id as text that UTF-8 carries."""
    if type(value) is str and len(value) <= MAX_ID and value.isascii():
        return value
    return plain_text(value, MAX_ID)


# -- encoding --------------------------------------------------------------------------------------


def _turn_body(event: AnyTurnEvent) -> bytes:
    """A turn event's own map: in one call, where all of it is JSON's already."""
    names = _FIELDS.get(type(event))
    if names is None:
        raise InvalidEvent(f"{type(event).__name__} is not an event")
    for name in names:
        if not is_plain(getattr(event, name), MAX_EVENT_BYTES):
            break
    else:
        body = _carried(event)
        if body is not None:
            return body
    return _replaced({"type": event.tag}, {name: getattr(event, name) for name in names})


def _payload_body(payload: Payload) -> bytes:
    fields = {name: getattr(payload, name) for name in payload.__struct_fields__}
    fields = {name: value for name, value in fields.items() if value is not None}
    head = {"type": payload.tag}
    view = fields.pop("read_view", None)
    if view is not None and is_plain(view, MAX_EVENT_BYTES):
        body = _carried(head | fields | {"read_view": view})
        if body is not None:
            return body
    return _encoded(head, fields)


def _encoded(head: dict[str, Any], fields: dict[str, Any]) -> bytes:
    if all(is_plain(value, MAX_EVENT_BYTES) for value in fields.values()):
        body = _carried(fields | head)
        if body is not None:
            return body
    return _replaced(head, fields)


def _carried(plain: object) -> bytes | None:
    """`plain`, encoded; None if it doesn't fit, or holds text or numbers that can't be sent."""
    try:
        body = _encode(plain)
    except (ValueError, OverflowError, RecursionError, TypeError):
        return None
    return body if len(body) <= MAX_BODY else None


def _replaced(head: dict[str, Any], fields: dict[str, Any]) -> bytes:
    for budget in _BUDGETS:
        body = _carried({name: jsonable(value, budget) for name, value in fields.items()} | head)
        if body is not None:
            return body
    raise InvalidEvent("an event that is too large, or that can't be encoded")


def _unknown(fields: Any) -> dict[str, Any]:
    """The fields of an event of an unknown kind, without those that its envelope has."""
    plain = fields if is_plain(fields, MAX_EVENT_BYTES) else jsonable(fields, _BUDGETS[0])
    if not isinstance(plain, dict):
        return {}
    return {key: value for key, value in plain.items() if key != "type" and key not in ENVELOPE}


def _opened(body: bytes) -> tuple[int, bytes]:
    """How many pairs an encoded map has, and those."""
    first = body[0]
    if first & 0xF0 == 0x80:
        return first & 0x0F, body[1:]
    end = 3 if first == 0xDE else 5
    return int.from_bytes(body[1:end], "big"), body[end:]


def _map_head(count: int) -> bytes:
    if count < 16:
        return bytes((0x80 | count,))
    return b"\xdf" + count.to_bytes(4, "big")


_TURN = _encode("type") + _encode("turn_activity") + _encode("activity")
_ID, _CORRELATION, _PARENT = _encode("id"), _encode("correlation_id"), _encode("parent")
_AT, _REVISION = _encode("at"), _encode("revision")
