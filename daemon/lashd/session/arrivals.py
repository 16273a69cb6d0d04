"""Events as they arrive: decoded and checked once, at the door, and encoded once, for all readers.

A turn event of a known kind is one flat struct, its ids beside its fields, as it is on the wire:
decoded and encoded in one call each. What no such struct fits (an unknown kind, a bare activity,
another dialect's field) goes the long way through `lashd.session.codec`, and is taken or refused
there. Both ways let in the same values; see `lashd.session.json_values`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

import msgspec

from lashd.cursor import PREFIX
from lashd.errors import InvalidEvent
from lashd.session.codec import typed_payload
from lashd.session.events import (
    PAYLOADS,
    TURN_EVENTS,
    AnyTurnEvent,
    AssistantProseDelta,
    Payload,
    ReasoningDelta,
    TurnActivity,
    TurnEvent,
)
from lashd.session.json_values import check_fields, checked_fields, checked_payload, too_deep
from lashd.session.value_count import count_values
from lashd.wire_limits import MAX_APPEND_VALUES, MAX_EVENT_VALUES


class FlatActivity(msgspec.Struct, omit_defaults=True, gc=False):
    """A turn event and its ids side by side. One class for each kind is made from it below."""

    id: str = ""
    correlation_id: str | None = None
    parent: str | None = None


def _fields_of(kind: type[msgspec.Struct]) -> list[Any]:
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=field.default_factory)
        fields.append(
            (field.name, field.type) if field.required else (field.name, field.type, default)
        )
    return fields


def _flat(kind: type[TurnEvent]) -> type[FlatActivity]:
    return cast(
        "type[FlatActivity]",
        msgspec.defstruct(
            f"Flat{kind.__name__}",
            _fields_of(kind),
            bases=(FlatActivity,),
            tag=str(kind.__struct_config__.tag),
            tag_field="type",
            kw_only=True,  # so that the ids come first and the fields last
            omit_defaults=True,
            gc=False,
        ),
    )


_FLAT: dict[type[TurnEvent], type[FlatActivity]] = {
    kind: _flat(kind) for kind in TURN_EVENTS.values()
}
FLAT_PROSE, FLAT_REASONING = _FLAT[AssistantProseDelta], _FLAT[ReasoningDelta]
TEXTS = (FLAT_PROSE, FLAT_REASONING)
"""The agent's text, in deltas."""
_CHECKED = {flat: names for kind, flat in _FLAT.items() if (names := checked_fields(kind))}
"""The fields to look into, of the kinds that have any."""
PLAIN_FLATS = frozenset(_FLAT.values()) - _CHECKED.keys()
"""The kinds that have none: there is nothing to check in them."""


def _maker(kind: type[Any]) -> Callable[[Any], Any]:
    names = kind.__struct_fields__
    if not names:
        return lambda flat: kind()
    if len(names) == 1:
        (name,) = names
        return lambda flat: kind(getattr(flat, name))
    fields = attrgetter(*names)
    return lambda flat: kind(*fields(flat))


_MAKE = {flat: _maker(kind) for kind, flat in _FLAT.items()}


if TYPE_CHECKING:
    _AnyFlat: TypeAlias = FlatActivity
else:
    _AnyFlat = Union[tuple(_FLAT.values())]  # noqa: UP007


class TurnArrival(msgspec.Struct, tag="turn_activity", gc=False):
    """A turn event of a known kind. Owned by whoever decoded it, and changed in place."""

    activity: _AnyFlat
    at: int | None = None
    revision: int | None = None

    @property
    def event(self) -> AnyTurnEvent:
        """The turn event without its ids."""
        return cast("AnyTurnEvent", _MAKE[type(self.activity)](self.activity))

    @property
    def payload(self) -> TurnActivity:
        """The event as the vocabulary has it."""
        flat = self.activity
        return TurnActivity(flat.id, flat.correlation_id, self.event, flat.parent)


class PayloadArrival(msgspec.Struct):
    """An event of any other form, or one that no struct here fits."""

    payload: Payload
    at: int | None = None
    revision: int | None = None


Arrival: TypeAlias = TurnArrival | PayloadArrival


class OtherArrival(msgspec.Struct, kw_only=True):
    """An event that is no turn event, its time and revision beside its fields. One class for each
    kind is made from it below."""

    at: int | None = None
    revision: int | None = None

    @property
    def arrival(self) -> PayloadArrival:
        """The event, its values not checked."""
        return PayloadArrival(_MAKE_OTHER[type(self)](self), self.at, self.revision)


def _other(kind: type[msgspec.Struct]) -> type[OtherArrival]:
    return cast(
        "type[OtherArrival]",
        msgspec.defstruct(
            f"{kind.__name__}Arrival",
            _fields_of(kind),
            bases=(OtherArrival,),
            tag=kind.tag,  # type: ignore[attr-defined]
            tag_field="type",
            kw_only=True,
        ),
    )


_OTHERS: dict[type[msgspec.Struct], type[OtherArrival]] = {
    kind: _other(kind) for kind in PAYLOADS.values() if kind is not TurnActivity
}
_MAKE_OTHER: dict[type[OtherArrival], Callable[[Any], Payload]] = {
    other: cast("Any", _maker(kind)) for kind, other in _OTHERS.items()
}

if TYPE_CHECKING:
    TypedArrival: TypeAlias = TurnArrival | OtherArrival
else:
    TypedArrival = Union[(TurnArrival, *_OTHERS.values())]
"""What the events of an append are decoded to in one call."""

_decode_typed = msgspec.msgpack.Decoder(TypedArrival).decode
_decode_flat = msgspec.msgpack.Decoder(_AnyFlat).decode
_decode_map = msgspec.msgpack.Decoder(dict[str, Any]).decode


# -- coming in -------------------------------------------------------------------------------------


def has_values(turn: TurnArrival) -> bool:
    """It has fields that take any value."""
    return type(turn.activity) in _CHECKED


def check_turn(turn: TurnArrival) -> TurnArrival:
    """The same, its values checked.

    Raises:
        InvalidEvent: a value that is not JSON's.
    """
    flat = turn.activity
    names = _CHECKED.get(type(flat))
    if names is not None:
        for name, value in check_fields(flat, names).items():
            setattr(flat, name, value)
    return turn


def check_arrival(arrival: TypedArrival) -> Arrival:
    """The event, its values checked.

    Raises:
        InvalidEvent: a value that is not JSON's.
    """
    if isinstance(arrival, TurnArrival):
        return check_turn(arrival)
    given = arrival.arrival
    return PayloadArrival(checked_payload(given.payload), given.at, given.revision)


def decode_activity(body: bytes) -> FlatActivity | None:
    """A turn event of a known kind without what is around it; None if it is anything else.

    Raises:
        InvalidEvent: it has too many values.
    """
    _count_values(body)
    try:
        return _decode_flat(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _count_values(body: bytes) -> int:
    try:
        return count_values(body, MAX_EVENT_VALUES)
    except InvalidEvent as error:
        raise InvalidEvent(f"the event has {error}") from None


class EventDecoder:
    """Decodes the events of one append, one by one, within the bounds of an append."""

    def __init__(self, body_size: int) -> None:
        """`body_size`: bytes of the whole append; a small one needs no counting."""
        self._values: int | None = 0 if body_size > MAX_APPEND_VALUES else None

    def decode(self, data: msgspec.Raw) -> Arrival:
        """One event, checked.

        Raises:
            InvalidEvent: it is no event, has a value that is not JSON's, or is over a bound.
        """
        body = bytes(data)
        self._count(body)
        try:
            return check_arrival(_decode_typed(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            wire = _decode_map(body)
        except RecursionError:
            raise too_deep() from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidEvent(f"not an event: {error}") from None
        at, revision = wire.get("at"), wire.get("revision")
        return PayloadArrival(
            checked_payload(typed_payload(wire)),
            at if type(at) is int else None,
            revision if type(revision) is int else None,
        )

    def _count(self, body: bytes) -> None:
        if self._values is None and len(body) <= MAX_EVENT_VALUES:
            return  # no value takes less than a byte
        values = _count_values(body)
        if self._values is not None:
            self._values += values
            if self._values > MAX_APPEND_VALUES:
                raise InvalidEvent(f"the append has over {MAX_APPEND_VALUES:,} values")


# -- going out -------------------------------------------------------------------------------------

_encode = msgspec.msgpack.Encoder().encode


@lru_cache(maxsize=256)
def _form(session_id: str, revision: int, digits: int, head: str) -> tuple[Any, int]:
    """What packs an event of this session around its activity, and the bytes that this takes.

    Everything but position, time and activity is the same in all of them, so it is made once;
    `digits` are those of the position, `head` is the format of the number of bytes that comes
    first, if any.
    """
    begin, end = f"{PREFIX}{revision}:", f":{session_id}"
    cursor = _encode(begin + "0" * digits + end)
    start = len(cursor) - digits - len(end.encode())
    before = b"\x86" + b"".join(
        map(_encode, ("session_id", session_id, "revision", revision, "cursor"))
    )
    before += cursor[:start]
    after = end.encode() + _encode("at") + b"\xcf"  # a whole number of 64 bits follows
    last = _encode("type") + _encode("turn_activity") + _encode("activity")
    form = f"{len(before)}s{digits}s{len(after)}sQ{len(last)}s"
    size = struct.calcsize(">" + form)
    pack = struct.Struct((head or ">") + form).pack
    if head:
        return lambda length, position, at: pack(length, before, position, after, at, last), size
    return lambda length, position, at: pack(before, position, after, at, last), size


def encode_turns(
    turns: Sequence[TurnArrival],
    session_id: str,
    revision: int,
    position: int,
    head: str = "",
) -> list[bytes]:
    """Each event as one msgpack map; the first of them stands at live position `position`.

    All have their time. `head` is the format of the number of bytes that comes first, if any.
    """
    frames: list[bytes] = []
    add, encode = frames.append, _encode
    turn_of_digits = 10 ** len(str(position))
    pack, size = _form(session_id, revision, len(str(position)), head)
    for turn in turns:
        if position == turn_of_digits:
            pack, size = _form(session_id, revision, len(str(position)), head)
        activity = encode(turn.activity)
        add(pack(size + len(activity), b"%d" % position, turn.at) + activity)
        position += 1
    return frames
