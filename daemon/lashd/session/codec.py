"""Events as flat maps (JSON records and the wire's event frames), and back.

The form is lash's remote form: envelope and payload are siblings in one map, `type` is the
payload's tag, and a turn activity carries its event's tag and fields in `activity`.

JSON carries values that msgpack does not; `clean` replaces them where they come in. What came over
the wire is only measured for its depth.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from lashd.cursor import SessionCursor, SessionRevision
from lashd.errors import InvalidEvent, MalformedCursor
from lashd.session.event_size import TEXT_EVENTS
from lashd.session.events import (
    PAYLOADS,
    TURN_EVENTS,
    AnyTurnEvent,
    Committed,
    JsonValue,
    Payload,
    SessionObservationEvent,
    TurnActivity,
    UnknownTurnEvent,
)
from lashd.session.json_values import MAX_DEPTH
from lashd.short import short

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.session.ring import Kept

Wire: TypeAlias = dict[str, JsonValue]

TURN_OUTCOMES = (None, "success", "failure")
"""What a commit can say of its turn."""
_CUT_DEPTH = "… (nested too deep)"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


def encode_event(event: SessionObservationEvent) -> bytes:
    """One msgpack map."""
    return _encode(event_to_wire(event))


def decode_event(data: bytes) -> SessionObservationEvent:
    """The event of one msgpack map.

    Raises:
        InvalidEvent: it is not an event.
    """
    try:
        return event_from_wire(_decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(f"not an event: {error}") from None


class EventCodec(msgspec.Struct, frozen=True):
    """How a store's events become the bytes that it retains, and come back."""

    encode: Callable[[SessionObservationEvent], bytes]
    decode: Callable[[bytes], SessionObservationEvent]
    head: str = ""
    """The format (of `struct`) of the number of bytes that stands before an encoded event."""
    kept_as_they_are: frozenset[type] = frozenset()
    """Kinds of turn events that a store encodes when they are asked for as frames, not before."""

    def events_of(self, kept: list[Kept]) -> list[SessionObservationEvent]:
        """What a store keeps, as events."""
        decode = self.decode
        return [decode(each) if isinstance(each, bytes) else each for each in kept]

    def frames_of(self, kept: list[Kept]) -> list[bytes]:
        """What a store keeps, as encoded events."""
        if not self.kept_as_they_are:
            return cast("list[bytes]", kept)
        encode = self.encode
        return [each if isinstance(each, bytes) else encode(each) for each in kept]


PLAIN_CODEC = EventCodec(encode_event, decode_event, kept_as_they_are=TEXT_EVENTS)
"""For a store that is read as events, not as bytes: text, which is most of them, is kept as it
is. Other events hold values that whoever has them could change, so those are encoded."""


def event_to_wire(event: SessionObservationEvent) -> Wire:
    """Envelope and payload as one flat map."""
    wire: Wire = {
        "session_id": event.session_id,
        "revision": event.revision.n,
        "cursor": event.cursor.as_str(),
        "at": event.at,
    }
    wire.update(payload_to_wire(event.payload))
    return wire


def event_from_wire(wire: Wire) -> SessionObservationEvent:
    """The event of a flat map.

    Raises:
        InvalidEvent: a part of the envelope or of the payload is missing or wrong.
    """
    try:
        cursor = SessionCursor.from_str(wire["cursor"])
        session_id, revision, at = wire["session_id"], wire["revision"], wire.get("at")
    except KeyError as error:
        raise InvalidEvent(f"no {error.args[0]} in the event") from None
    except (MalformedCursor, AttributeError) as error:
        raise InvalidEvent(f"the event's cursor: {error}") from None
    if not isinstance(session_id, str) or not isinstance(revision, int):
        raise InvalidEvent("session_id must be a string and revision a number")
    try:
        number = SessionRevision(revision)
    except ValueError as error:
        raise InvalidEvent(str(error)) from None
    return SessionObservationEvent(
        session_id, number, cursor, payload_from_wire(wire), at if isinstance(at, int) else None
    )


def payload_to_wire(payload: Payload) -> Wire:
    """The payload's own keys, `type` among them."""
    if isinstance(payload, TurnActivity):
        activity: Wire = {"id": payload.id, "correlation_id": payload.correlation_id}
        if payload.parent is not None:
            activity["parent"] = payload.parent
        activity.update(turn_event_to_wire(payload.event))
        return {"type": payload.tag, "activity": activity}
    return {"type": payload.tag, **msgspec.to_builtins(payload)}


def turn_event_to_wire(event: AnyTurnEvent) -> Wire:
    """A turn event's tag and fields."""
    if isinstance(event, UnknownTurnEvent):
        return {**event.fields, "type": event.tag}
    wire: Wire = msgspec.to_builtins(event)
    return wire


def payload_from_wire(wire: Wire) -> Payload:
    """The payload of a flat map, or of a bare activity such as `{"type": "usage", ...}`.

    A `type` that is unknown becomes an `UnknownTurnEvent`: carried and shown, never fatal.

    Raises:
        InvalidEvent: no type, or fields that don't fit it.
    """
    return _within_depth(typed_payload(wire))


def typed_payload(wire: Wire) -> Payload:
    """As `payload_from_wire`, with whatever the fields that take any value hold.

    Raises:
        InvalidEvent: no type, or fields that don't fit it.
    """
    tag = wire.get("type")
    if not isinstance(tag, str) or not tag:
        raise InvalidEvent("no `type` in the event")
    kind = PAYLOADS.get(tag)
    if kind is None:
        return _typed_activity(wire)
    if kind is TurnActivity:
        activity = wire.get("activity")
        if not isinstance(activity, dict):
            raise InvalidEvent("no `activity` map in the turn_activity")
        return _typed_activity(activity)
    if kind is Committed and wire.get("outcome") not in TURN_OUTCOMES:
        wire = {**wire, "outcome": None}  # another dialect's; the commit stands all the same
    payload: Payload = _converted(wire, kind, tag)
    return payload


def _converted(wire: Wire, kind: Any, tag: str) -> Any:
    try:
        try:
            return msgspec.convert(wire, kind)
        except UnicodeEncodeError:  # a key with a lone surrogate
            return msgspec.convert(_clean_value(wire, 0), kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidEvent(f"{short(tag)}: {short(str(error))}") from None


ENVELOPE = frozenset(
    {"id", "correlation_id", "parent", "protocol_version", "sequence"}
    | {"session_id", "revision", "cursor", "at"}
)
"""What stands beside a turn event's own fields."""


def _typed_activity(wire: Wire) -> Payload:
    """A turn activity of the map that holds ids, tag and fields side by side."""
    tag = wire.get("type")
    if not isinstance(tag, str) or not tag:
        raise InvalidEvent("no `type` in the activity")
    known = TURN_EVENTS.get(tag)
    event: AnyTurnEvent
    if known is None:
        rest = {key: wire[key] for key in wire if key != "type" and key not in ENVELOPE}
        event = UnknownTurnEvent(tag, rest)
    else:
        event = _converted(wire, known, tag)
    ids = [wire.get(key) for key in ("id", "correlation_id", "parent")]
    if not all(value is None or isinstance(value, str) for value in ids):
        raise InvalidEvent(f"{short(tag)}: id, correlation_id and parent must be strings")
    return TurnActivity(ids[0] or "", ids[1], event, ids[2])


def payload_from_json(line: str | bytes) -> tuple[Payload, Wire]:
    """The payload of one JSON line, and the map it came from (its envelope may matter too).

    Takes event objects, bare activities and lash's remote records, bare or in their
    `{"type": "observation", "event": {...}}` wrapper.

    Raises:
        InvalidEvent: the line is no JSON object or no event.
    """
    try:
        wire = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"not JSON: {error}") from None
    if isinstance(wire, dict) and wire.get("type") == "observation":
        wire = wire.get("event")
    if not isinstance(wire, dict):
        raise InvalidEvent("not a JSON object")
    return clean(payload_from_wire(wire)), wire


def clean(payload: Payload) -> Payload:
    """The payload with every value such that msgpack and UTF-8 carry it.

    Lone surrogates, integers over 64 bits, odd map keys and too deep nesting come in with JSON;
    each is replaced, so that one such value costs no event.
    """
    try:
        _encode(payload)
    except _NOT_CARRIED:
        return _cleaned(payload)
    return _within_depth(payload)


_NOT_CARRIED = (UnicodeEncodeError, OverflowError, RecursionError, TypeError)


def _cleaned(payload: Payload) -> Payload:
    return payload_from_wire(_clean_value(payload_to_wire(payload), 0))


def _within_depth(payload: Payload) -> Payload:
    """The payload itself, or a copy whose values are cut where they are nested too deep."""
    event = payload.event if isinstance(payload, TurnActivity) else payload
    if any(_is_deep(getattr(event, name), MAX_DEPTH) for name in event.__struct_fields__):
        return _cleaned(payload)
    return payload


def _is_deep(value: JsonValue, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_is_deep(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_is_deep(item, levels - 1) for item in value)
    return False


def _clean_value(value: JsonValue, depth: int) -> JsonValue:
    if depth > MAX_DEPTH and isinstance(value, dict | list):
        return _CUT_DEPTH
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, dict):
        return {
            str(_clean_value(str(key), 0)): _clean_value(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_clean_value(item, depth + 1) for item in value]
    return value
