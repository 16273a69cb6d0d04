"""Appends that are too deep to be decoded, split by their bytes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.hub.deep import split_append
from lashd.protocol.messages import Append, decode_message

encode = msgspec.msgpack.encode
values = st.recursive(
    st.none() | st.integers(-5, 300) | st.text(max_size=40) | st.floats() | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@given(st.integers(-9, 2**64 - 1), st.lists(values, max_size=40), st.none() | values)
def test_it_is_what_a_decoder_finds(first: int, events: list[Any], view: Any) -> None:
    """The same numbers, elements and view."""
    body = encode({"x": [1], "type": "append", "first": first, "events": events, "view": view})
    found, expected = split_append(body), decode_message(body)
    assert isinstance(expected, Append)
    assert found is not None
    assert found.first == expected.first
    assert list(map(bytes, found.events)) == list(map(bytes, expected.events))
    assert bytes(found.view) == bytes(expected.view)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_whatever_else_comes_is_none(data: bytes, cut: int) -> None:
    """Arbitrary bytes, and appends that are cut short."""
    whole = encode({"type": "append", "first": 1, "events": [[1, "x"], {"a": 2}]})
    split_append(data)
    assert split_append(whole[: min(cut, len(whole) - 1)]) is None


@pytest.mark.parametrize(
    "message",
    [
        [],
        {},
        {"type": "ping"},
        {"type": "append", "events": []},
        {"type": "append", "first": "x", "events": []},
        {"type": "append", "first": 1, "events": {}},
        {"type": "append", "first": 1, "events": [1] * 1025},
        {str(number): 1 for number in range(20)} | {"type": "append", "first": 1, "events": []},
    ],
)
def test_what_is_no_append_is_none(message: Any) -> None:
    """Then it is refused as no message."""
    assert split_append(encode(message)) is None
