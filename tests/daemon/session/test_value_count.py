"""How many values a message holds, without decoding it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.errors import InvalidEvent
from lashd.session.value_count import ValueCounter, count_values

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), st.binary(max_size=40))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(st.text(max_size=40) | st.integers(-9, 2**40), inner, max_size=20)
    ),
    max_leaves=60,
)


def counted(value: Any) -> int:
    """The same by walking what was decoded."""
    if isinstance(value, dict):
        return 1 + sum(1 + counted(item) for item in value.values())
    if isinstance(value, list):
        return 1 + sum(map(counted, value))
    return 1


def count_all(data: bytes, limit: int = 10**6, step: int = 10**6) -> int:
    """All values, counted in steps."""
    counter = ValueCounter(data, limit)
    while not counter.step(step):
        pass
    return counter.count


@given(values, st.integers(1, 9))
def test_each_value_counts_once_in_steps_of_any_size(value: Any, step: int) -> None:
    """Keys, elements, leaves, maps and lists, of each of msgpack's forms."""
    data = msgspec.msgpack.encode(value)
    assert count_all(data) == count_all(data, step=step) == counted(value)


@given(values)
def test_one_more_than_the_limit_is_refused(value: Any) -> None:
    """The limit itself is allowed."""
    data = msgspec.msgpack.encode(value)
    assert count_all(data, limit=counted(value)) == counted(value)
    if counted(value) > 1:
        with pytest.raises(InvalidEvent, match="values"):
            count_all(data, limit=counted(value) - 1)


@given(values, st.data())
def test_what_is_cut_short_is_refused_or_ends_in_its_last_text(value: Any, draw: Any) -> None:
    """No other error, and never an endless count."""
    data = msgspec.msgpack.encode(value)
    cut = data[: draw.draw(st.integers(0, len(data) - 1))]
    try:
        assert count_all(cut, step=3) <= counted(value)
    except InvalidEvent:
        pass


def test_a_flood_is_refused_at_its_head() -> None:
    """What a header announces counts at once: nobody walks through a million empty maps."""
    flood = b"\xdd" + (10**6).to_bytes(4) + b"\x80" * 10**6
    counter = ValueCounter(flood, 65_536)
    with pytest.raises(InvalidEvent):
        counter.step(1)


def test_all_values_of_a_message_are_counted_at_once() -> None:
    """In one call."""
    assert count_values(msgspec.msgpack.encode({"a": [1, "text"]}), 5) == 5
    with pytest.raises(InvalidEvent, match="over 4 values"):
        count_values(msgspec.msgpack.encode({"a": [1, "text"]}), 4)
