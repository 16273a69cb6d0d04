"""Ids and numbers that an agent hands in."""

from __future__ import annotations

import enum

import pytest

from lashd.publish.bounds import MAX_ID
from lashd.publish.values import given_id, number_of


class Code(enum.Enum):
    """An exit code as an enum."""

    WRONG = 3


@pytest.mark.parametrize(
    ("value", "found"), [(None, None), ("", None), (0, "0"), ("a", "a"), (b"a", "a")]
)
def test_an_id_is_text(value: object, found: str | None) -> None:
    """Whatever its type; an empty one counts as not given."""
    assert given_id(value) == found


def test_a_long_id_is_cut() -> None:
    """The view would cut it too."""
    assert (given_id("x" * 1000) or "").startswith("x" * MAX_ID)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (3, 3),
        (0.5, 0.5),
        (Code.WRONG, 3),
        (True, None),
        ("3", None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (2**53, None),
        (2**53 - 1, 2**53 - 1),
    ],
)
def test_a_number_is_one_that_json_holds_exactly(value: object, found: float | None) -> None:
    """Anything else counts as not given."""
    assert number_of(value) == found
