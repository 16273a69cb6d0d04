"""The text that resumes a list."""

from __future__ import annotations

import pytest

from lashd.cursor import MAX_INCARNATION, MAX_U64
from lashd.errors import RequestRefused
from lashd.hub.listing.position import list_position, parse_list_position


@pytest.mark.parametrize("parts", [(0, 0), (7, 12), (MAX_INCARNATION, MAX_U64)])
def test_a_position_comes_back_as_it_was(parts: tuple[int, int]) -> None:
    """Its text holds all of it."""
    assert parse_list_position(list_position(*parts)) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lashl1:",
        "lashl1:7",
        "lashl1:7:",
        "lashl1:7:-1",
        "lashl1:7: 1",
        "lashl1:7:1:2",
        "lashl1:7:\u0661",
        "lashl1:lashl1:7:1",
        "lashsc1:0:1:s",
        f"lashl1:{MAX_INCARNATION + 1}:1",
        f"lashl1:1:{MAX_U64 + 1}",
        "lashl1:1:" + "9" * 5000,
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    """With its own code, and in a short sentence."""
    with pytest.raises(RequestRefused) as refused:
        parse_list_position(text)
    assert refused.value.code == "malformed_position"
    assert len(refused.value.message) < 200
