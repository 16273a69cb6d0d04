"""Any value becomes one that an event carries."""

from __future__ import annotations

import datetime
import json
from collections import UserDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.session.clip import size_of_value
from lashd.session.jsonable import MAX_ITEMS, describe, jsonable, plain_text

BUDGET = 10_000


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Word(StrEnum):
    ONE = "one"


@dataclass
class Point:
    x: int
    y: object


class Model:
    """As Pydantic's."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def __repr__(self) -> str:
        return "Model()"

    def model_dump(self) -> dict[str, object]:
        if self.broken:
            raise RuntimeError("no")
        return {"a": {1}}


class Hostile:
    """Raises whenever it is looked at."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__


class EndlessMap(Mapping[str, int]):
    """Lies about its length and never ends."""

    def __getitem__(self, key: str) -> int:
        return 1

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"k{number}"


class EndlessList(Sequence[Any]):
    """A sequence without an end."""

    def __getitem__(self, index: Any) -> Any:
        return index

    def __len__(self) -> int:
        return 10**12


class Angry(dict[str, object]):
    """A map that can't be read."""

    def items(self) -> Any:
        raise KeyError("no")


class Array:
    """An array of a numeric library."""

    def __float__(self) -> float:
        raise TypeError("only one-element arrays")

    def __repr__(self) -> str:
        return "array([1, 2])"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (2**70, str(2**70)),
        (10**5000, "<an integer of 16610 bits>"),
        (1.5, 1.5),
        (float("nan"), None),
        (float("-inf"), None),
        ("text", "text"),
        (b"caf\xc3\xa9 \xff", "café �"),
        ((1, 2), [1, 2]),
        ({3}, [3]),
        (deque([1]), [1]),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "None": "b", "(1, 2)": "c"}),
        (UserDict(a=1), {"a": 1}),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Word.ONE, "one"),
        (Point(1, {2}), {"x": 1, "y": [2]}),
        (Point, f"{Point!r}"),
        (Path("/a/b"), "/a/b"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("0.5"), 0.5),
        (ValueError("bad"), "ValueError: bad"),
        (Model(), {"a": [1]}),
        (Model(broken=True), "Model()"),
        (Array(), "array([1, 2])"),
        (Hostile(), "<Hostile>"),
        ([Hostile(), 1], ["<Hostile>", 1]),
        ({"a": Hostile()}, {"a": "<Hostile>"}),
        (Angry(a=1), "<Angry>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_become_what_json_has(value: object, expected: object) -> None:
    """Values with a JSON form keep it; of any other the type is named."""
    assert jsonable(value, BUDGET) == expected


def test_a_cycle_ends() -> None:
    """At the depth that a view keeps."""
    cycle: dict[str, object] = {}
    cycle["self"] = cycle

    assert "nested too deep" in json.dumps(jsonable(cycle, BUDGET))


@pytest.mark.parametrize(
    "value", [EndlessMap(), EndlessList(), [[]] * 10**6, "é" * 10**7], ids=type
)
def test_the_endless_is_cut_with_a_mark(value: object) -> None:
    """In time and space."""
    found = jsonable(value, BUDGET)

    assert size_of_value(found) < 3 * BUDGET
    assert "more" in str(found) or "cut" in str(found)


def test_small_things_that_branch_are_bounded_together() -> None:
    """Ten levels of the same ten items would be ten thousand million."""
    value: object = "x"
    for _ in range(10):
        value = [value] * 10

    assert len(str(jsonable(value, 10**9))) < 20 * MAX_ITEMS


def test_a_long_repr_is_cut() -> None:
    """It only serves to recognise a value."""

    class Big:
        def __repr__(self) -> str:
            return "x" * 10**6

    assert len(str(jsonable(Big(), 10**6))) < 3000


def test_a_short_budget_keeps_names_readable() -> None:
    """And says how much is missing."""
    found = jsonable({"name": "n" * 50, "text": "t" * 500}, 10)

    assert isinstance(found, dict)
    assert found["name"] == "n" * 50
    assert str(found.get("text", found.get("…"))).endswith(("cut)", "more"))


class TestText:
    """Text of anything."""

    def test_text_is_cut_with_a_mark(self) -> None:
        """That says how much is missing."""
        assert plain_text("abcdef", 3) == "abc… (3 characters cut)"

    def test_anything_has_a_text(self) -> None:
        """Exceptions theirs, bytes theirs, what can't be printed its type's name."""
        assert plain_text(None, 10) == "None"
        assert plain_text(KeyError("k"), 20) == "KeyError: 'k'"
        assert plain_text(b"ab", 10) == "ab"
        assert plain_text(Hostile(), 10) == "<Hostile>"

    def test_an_exception_without_a_message_is_its_type(self) -> None:
        """Also where its message can't be read."""

        class Worse(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        assert describe(TimeoutError()) == "TimeoutError"
        assert describe(Worse()) == "Worse"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner)
    ),
)


@settings(max_examples=100, deadline=None)
@given(JUNK, st.integers(0, 2000))
def test_whatever_comes_out_is_json_and_bounded(value: object, budget: int) -> None:
    """For every value and every budget."""
    found = jsonable(value, budget)

    text = json.dumps(found, allow_nan=False)
    assert json.loads(text) == found
    assert len(text) < 12 * budget + 2000
