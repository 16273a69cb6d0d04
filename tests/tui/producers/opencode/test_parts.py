"""What opencode's streams share: usage, errors and plans, whatever a record lacks."""

from __future__ import annotations

from lashtui.producers.opencode.parts import error_message, plan_items, step_usage


def test_usage_counts_cached_input_and_thoughts_within() -> None:
    """opencode counts them apart."""
    tokens = {"input": 10, "output": 5, "reasoning": 3, "cache": {"read": 100, "write": 20}}
    assert step_usage({"tokens": tokens, "cost": 0.5}) == {
        "input_tokens": 130,
        "output_tokens": 8,
        "cached_input_tokens": 100,
        "reasoning_tokens": 3,
        "cost_usd": 0.5,
    }
    assert set(step_usage({"tokens": "x", "cost": 0}).values()) == {0}


def test_an_error_gives_its_most_specific_message() -> None:
    """That of the provider before the name of its class."""
    assert error_message({"name": "APIError", "data": {"message": "overloaded"}}) == "overloaded"
    assert error_message({"name": "APIError", "message": "m"}) == "m"
    assert error_message({"name": "APIError"}) == "APIError"
    assert error_message({}) == ""


def test_a_plan_keeps_its_order() -> None:
    """Anything that is not an item is skipped."""
    todos = [{"content": "a", "status": "completed"}, 5, {"content": "b"}]
    assert plan_items({"todos": todos}) == [("a", "completed"), ("b", "")]
    assert plan_items({}) == []
