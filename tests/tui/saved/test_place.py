"""How much had been read, as it is saved."""

from __future__ import annotations

import pytest

from lashd.view import Entry, ReadView
from lashtui.feed.since import place_in
from lashtui.saved.place import MAX_BYTES, MAX_OPEN, decode_place, encode_place


def test_a_place_is_small_and_holds_no_text() -> None:
    """However much grows at once; the ones that were touched last."""
    entries = [Entry("prose", "secret" * 40, 2**50, text="secret") for _ in range(300)]
    place = place_in(ReadView("s", entries=entries, usage={"total": {"cost_usd": 1.25}}), 2**50)
    data = encode_place(place)
    assert len(place.open) == MAX_OPEN
    assert b"secret" not in data
    assert len(data) <= MAX_BYTES
    assert decode_place(data) == place
    assert place.cost_usd == 1.25


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[]", b'{"open": [{}]}', b'{"last": "' + b"x" * 99 + b'"}', b"{}" * 999],
)
def test_a_damaged_place_is_none(data: bytes) -> None:
    """It costs the place inside the entry, no more."""
    assert decode_place(data) is None
