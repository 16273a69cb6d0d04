"""Which views of publishers are let in."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from lashd.errors import RequestRefused
from lashd.hub.views import view_of
from lashd.session.view import ReadView, encode_view
from lashd.wire_limits import MAX_SNAPSHOT_BYTES, MAX_VIEW_VALUES


def raw(value: Any) -> msgspec.Raw:
    """A view within a message."""
    return msgspec.Raw(msgspec.msgpack.encode(value))


def with_output(output: Any) -> dict[str, Any]:
    """A view with one entry."""
    return {"session_id": "s", "entries": [{"kind": "tool", "id": "x", "position": 1,
                                            "output": output}]}  # fmt: skip


def test_a_view_comes_in_as_it_is() -> None:
    """Whatever an entry holds."""
    view = ReadView("s", title="T", usage={"total": {"x": 1}}, plan=[{"text": "a"}])
    assert view_of(msgspec.Raw(encode_view(view))).copy() == view
    output = {"a": [None, 1.5]}
    assert view_of(raw(with_output(output))).copy().entries[0].output == output
    assert view_of(raw(with_output([math.nan]))).copy().entries[0].output == [None]
    odd = {"session_id": "s", "usage": {"total": {"x": b"", "y": [], "tokens": 3}}}
    assert view_of(raw(odd)).usage == {"total": {"tokens": 3}}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (3, "not a read view"),
        ({}, "not a read view"),
        ({"session_id": 3}, "not a read view"),
        (with_output({5: 1}), "key is the int 5"),
        (with_output(b"x"), "bytes"),
        (with_output(msgspec.msgpack.Ext(1, b"")), "extension"),
        ({"session_id": "s", "plan": [{1: 2}]}, "key"),
        (with_output("x" * (MAX_SNAPSHOT_BYTES + 1)), "bytes"),
        (with_output([[]] * MAX_VIEW_VALUES), "1,048,576 values"),
        ({"session_id": "s", "revision": 2**64 - 1, "x": "ignored"}, None),
        ({"session_id": "s", "revision": -1}, "revision"),
    ],
)
def test_what_no_reader_could_carry_is_refused(value: Any, why: str | None) -> None:
    """With code `invalid_view` and the reason."""
    if why is None:
        assert view_of(raw(value)).revision == 2**64 - 1
        return
    with pytest.raises(RequestRefused, match=why) as refused:
        view_of(raw(value))
    assert refused.value.code == "invalid_view"
