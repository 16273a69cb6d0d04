"""Which bytes are a message, and which are not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.errors import ProtocolViolation
from lashd.protocol.messages import (
    Append,
    Attach,
    ClientMessage,
    Close,
    Hello,
    InspectCursor,
    List,
    Open,
    Ping,
    Remove,
    Restore,
    Show,
    Status,
    Stop,
    decode_message,
    encode_message,
)


def raw(value: object) -> msgspec.Raw:
    """An encoded value within a message."""
    return msgspec.Raw(msgspec.msgpack.encode(value))


MESSAGES: list[ClientMessage] = [
    Hello(1, "v"),
    List(),
    Status(),
    Ping(),
    Stop(),
    Show("s"),
    InspectCursor("c"),
    Remove("s", force=True),
    Attach("s", "c", "cursor", 3, wait=True),
    Attach(),
    Open("s", "p", "t", "a", "d", 3, exclusive=True),
    Restore(raw({"a": [1, None]}), 7),
    Append(1, [raw({"type": "usage"})], raw({"x": 1})),
    Close(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_comes_back_as_it_was(message: ClientMessage) -> None:
    """Encoding loses nothing."""
    assert decode_message(encode_message(message)) == message


def test_unknown_keys_are_ignored() -> None:
    """A newer client may say more."""
    assert decode_message(encode_message({"type": "ping", "later": [1]})) == Ping()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        encode_message({}),
        encode_message({"type": "no such"}),
        encode_message({"type": 3}),
        encode_message({"type": "show"}),
        encode_message({"type": "show", "session_id": 3}),
        encode_message({"type": "attach", "start": "middle"}),
        encode_message({"type": "ping"}) + b"\x00",
        b"\x91\xa4ping",
        b"\x81" * 100_000,
        b"\x81\xa4type\xa4\xff\xff\xff\xff",
    ],
)
def test_what_is_no_message_is_a_violation(body: bytes) -> None:
    """One kind of error, whatever is wrong with it."""
    with pytest.raises(ProtocolViolation, match="not a message"):
        decode_message(body)


@settings(max_examples=200)
@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_a_message_or_a_violation(body: bytes) -> None:
    """Never another exception."""
    try:
        decode_message(body)
    except ProtocolViolation:
        pass
