"""The decoder for heavy readers."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.client.decode import LARGE, decode_record
from lashd.errors import ProtocolViolation
from lashd.protocol.client import ClientConnection, pack, unpack
from lashd.protocol.framing import frame
from lashd.session.view import Entry, ReadView, view_from_wire
from lashd.wire_limits import PROTOCOL_VERSION

VIEW = ReadView("s", entries=[Entry("prose", "a", 1, text="x" * LARGE)])


def observation(**changes: Any) -> dict[str, Any]:
    """A large `observation` record."""
    record = {
        "type": "observation",
        "session_id": "s",
        "cursor": "lashsc1:0:1:s",
        "read_view": VIEW.to_wire(),
    }
    return {**record, **changes}


def test_a_snapshot_comes_as_a_view() -> None:
    """Beside it the record's other keys, and `view_from_wire` takes it as it is."""
    found = decode_record(msgpack.packb(observation()))
    assert found == observation(read_view=VIEW)
    assert view_from_wire(found["read_view"]) is found["read_view"]


def test_a_snapshot_that_is_not_ours_stays_a_map() -> None:
    """A later version's: who folds it will say what is wrong."""
    strange = observation(read_view={"entries": "x" * LARGE})
    assert decode_record(msgpack.packb(strange)) == strange


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    )
)
def test_other_messages_are_what_the_plain_decoder_makes_of_them(message: dict[str, Any]) -> None:
    """Whatever is in them."""
    body = msgpack.packb({**message, "type": "x"})
    assert decode_record(body) == unpack(body)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_message_are_refused_as_such(data: bytes, large: bool) -> None:
    """One documented error, whichever decoder reads them."""
    if large:
        data = data * (LARGE // max(1, len(data)) + 1)
    connection = ClientConnection(decode=decode_record)
    connection.receive(pack({"type": "hello", "protocol": PROTOCOL_VERSION}))
    try:
        records = connection.receive(frame(data))
    except ProtocolViolation:
        return
    assert all(isinstance(record["type"], str) for record in records)


def test_no_map_is_no_message() -> None:
    """Even where it is well-formed."""
    with pytest.raises(ValueError, match="Expected"):
        decode_record(msgpack.packb([1, 2]))
