"""Fields and counters of SDKs' objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lashd.publish.bounds import MAX_ARGUMENTS
from lashd.publish.sdk import fields as sdk
from tests.daemon.publish.sdk.sdk_objects import as_objects


class Trap:
    """A field that can't be read."""

    @property
    def field(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize("item", [{"field": "x"}, SimpleNamespace(field="x")])
def test_a_field_is_a_key_or_an_attribute(item: object) -> None:
    """Either way."""
    assert sdk.text(item, "field") == "x"
    assert sdk.get(item, "other") is None


@pytest.mark.parametrize("item", [None, 5, Trap(), {"field": None}, {"field": {"a": 1}}, []])
def test_what_is_not_there_is_empty(item: object) -> None:
    """Or of another type, or can't be read."""
    assert sdk.text(item, "field") == ""
    assert list(sdk.items(item, "field")) == []
    assert sdk.reader(item)("field") in (None, {"a": 1})
    assert sdk.number(item, "field") is None
    assert sdk.index(item, "field", 7) == 7


@pytest.mark.parametrize("value", [True, "5", 2**60, None])
def test_a_number_is_one_that_every_reader_holds(value: object) -> None:
    """No truth values, no texts, nothing beyond 53 bits."""
    assert sdk.number({"n": value}, "n") is None


@pytest.mark.parametrize("shape", [dict, as_objects])
def test_counters_of_each_dialect_get_our_names(shape: Any) -> None:
    """With the same meaning: the input includes what was cached."""
    chat = shape(
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 64},
            "completion_tokens_details": {"reasoning_tokens": 8},
        }
    )
    responses = shape(
        {
            "input_tokens": 100,
            "output_tokens": 20,
            "input_tokens_details": {"cached_tokens": 64},
            "output_tokens_details": {"reasoning_tokens": 8},
        }
    )
    anthropic = shape(
        {
            "input_tokens": 26,
            "cache_read_input_tokens": 64,
            "cache_creation_input_tokens": 10,
            "output_tokens": 20,
            "output_tokens_details": {"thinking_tokens": 8},
        }
    )

    expected = {
        "input_tokens": 100,
        "output_tokens": 20,
        "cached_input_tokens": 64,
        "reasoning_tokens": 8,
    }
    assert [sdk.usage_of(each) for each in (chat, responses, anthropic)] == [expected] * 3


def test_our_own_names_are_taken_too() -> None:
    """And costs, if they are given."""
    ours = {"input_tokens": 5, "cached_input_tokens": 2, "reasoning_tokens": 1, "cost": 0.5}

    assert sdk.usage_of(ours) == {
        "input_tokens": 5,
        "cached_input_tokens": 2,
        "reasoning_tokens": 1,
        "cost_usd": 0.5,
    }
    assert sdk.usage_of(None) == sdk.usage_of("nonsense") == {}


def test_later_counters_win_if_they_are_set() -> None:
    """None is not set."""
    before = {"input_tokens": 5, "output_tokens": 1}

    found = sdk.merged(before, SimpleNamespace(output_tokens=9, input_tokens=None))

    assert found == {"input_tokens": 5, "output_tokens": 9}


def test_arguments_are_bounded() -> None:
    """A stream may never end."""
    arguments = sdk.Arguments("c", "t")
    for _ in range(3):
        arguments.add("x" * (MAX_ARGUMENTS // 2))

    assert len(arguments.text) == MAX_ARGUMENTS


def test_arguments_may_come_as_a_map() -> None:
    """Some servers don't encode them."""
    arguments = sdk.Arguments("c", "t")
    arguments.add({"a": 1})
    arguments.add(None)

    assert arguments.value == {"a": 1}


class Odd(str):
    """Text that raises where plain text does not."""

    def lstrip(self, chars: str | None = None, /) -> str:
        raise RuntimeError("no")


def test_odd_text_is_left_alone() -> None:
    """It is not parsed."""
    odd = Odd("{}")

    assert sdk.parsed(odd) is odd


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        (' {"a": 1}', {"a": 1}),
        ("[1]", "[1]"),
        ("{", "{"),
        ('{"a":' * 10**5, '{"a":' * 10**5),
        ({"a": 1}, {"a": 1}),
        (None, None),
    ],
    ids=range(7),
)
def test_arguments_are_parsed_if_they_are_a_map(given: object, found: object) -> None:
    """Anything else is left alone."""
    assert sdk.parsed(given) == found
