"""Records that keep their bytes."""

from __future__ import annotations

import msgspec
import pytest

from lashd.relay.raw import BODY, decode_raw

encode = msgspec.msgpack.encode


def test_events_views_and_rows_stay_the_bytes_they_are() -> None:
    """Everything else is decoded."""
    event = encode({"session_id": "s", "cursor": "c", "at": 1.5, "type": "committed", "new": [1]})
    assert decode_raw(event) == {"type": "committed", "cursor": "c", BODY: event}
    view = {"session_id": "s", "entries": []}
    message = {"type": "observation", "session_id": "s", "cursor": "c", "read_view": view}
    assert decode_raw(encode(message))[BODY] == encode(view)
    row = {"session_id": "s", "of a later version": None}
    found = decode_raw(encode({"type": "session", "session": row, "position": "p"}))
    assert (found[BODY], found["position"]) == (encode(row), "p")
    assert decode_raw(encode({"type": "pong"})) == {"type": "pong"}


@pytest.mark.parametrize("body", [b"", b"\xc1", encode([1]), encode({"type": 1})])
def test_what_is_no_message_is_said(body: bytes) -> None:
    """As any decoder of a client does."""
    with pytest.raises(ValueError, match=r"."):
        decode_raw(body)
