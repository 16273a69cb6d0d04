"""The view's form: what is refused, with which words, and what is left out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.errors import InvalidEvent
from lashd.outcome import MAX_PENDING
from lashd.session.view import ReadView, Turn, decode_view, encode_view, view_from_wire

ENTRY = {"kind": "prose", "id": "a", "position": 1}


@pytest.mark.parametrize("number", [-1, 2**53, 2**63, 2**64 - 1])
@pytest.mark.parametrize(
    ("where", "field"),
    [
        ({}, "turn_index"),
        ({}, "dropped_entries"),
        ({}, "started_at"),
        ({}, "updated_at"),
        ({}, "incarnation"),
        ({}, "max_entries"),
        ({}, "max_bytes"),
        ({"entries": ENTRY}, "position"),
        ({"entries": ENTRY}, "started_at"),
        ({"entries": ENTRY}, "ended_at"),
        ({"entries": ENTRY}, "cut_chars"),
        ({"queue": {"batch_id": "a"}}, "enqueued_at"),
        ({"processes": {"process_id": "a"}}, "started_at"),
        ({"processes": {"process_id": "a"}}, "ended_at"),
    ],
)
def test_a_number_out_of_range_is_refused(where: dict[str, Any], field: str, number: int) -> None:
    """By both ways in, and the reason says which field and what it may be."""
    wire: dict[str, Any] = {"session_id": "s"}
    if where:
        ((part, base),) = where.items()
        wire[part] = [{**base, field: number}]
    else:
        wire[field] = number

    reason = rf"^not a read view: .*[<>]= .*{field}"
    with pytest.raises(InvalidEvent, match=reason):
        view_from_wire(wire)
    with pytest.raises(InvalidEvent, match=reason):
        decode_view(msgspec.msgpack.encode(wire))


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_revision_is_a_u64(number: int) -> None:
    """As in a cursor, which carries it."""
    with pytest.raises(InvalidEvent, match="revision"):
        view_from_wire({"session_id": "s", "revision": number})


@pytest.mark.parametrize("code", [-(2**31), 255, 2**32 - 1])
def test_every_systems_exit_codes_fit(code: int) -> None:
    """Signed and unsigned ones."""
    wire = {"session_id": "s", "exit_code": code, "processes": [{"process_id": "p"}]}
    wire["processes"] = [{"process_id": "p", "exit_code": code}]

    assert view_from_wire(wire).processes[0].exit_code == code


@pytest.mark.parametrize("odd", [None, [], {}, "1", True, float("nan"), 2**64 - 1])
def test_what_is_no_number_is_left_out_of_the_counters(odd: Any) -> None:
    """The view is taken all the same: only what can't be summed is missing."""
    wire = {"session_id": "s", "usage": {"total": {"x": odd, "tokens": 3}, "novel": {"x": 1}}}

    for view in (view_from_wire(wire), decode_view(msgspec.msgpack.encode(wire))):
        assert view.usage == {"total": {"tokens": 3}}
        assert decode_view(encode_view(view)) == view


def test_texts_after_an_error_are_few() -> None:
    """With more of them than the rule remembers, the agent has recovered."""
    few = [str(n) for n in range(MAX_PENDING)]

    assert view_from_wire({"session_id": "s", "turn": {"error": True, "pending": few}}).turn == (
        Turn(error=True, pending=few)
    )
    assert ReadView("s", turn=Turn(error=True, pending=[*few, "x"])).turn == Turn()
