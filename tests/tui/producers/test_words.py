"""The words of records of unknown kinds."""

from __future__ import annotations

from typing import Any

from lashtui.producers.words import MAX_WORDS, readable


def test_words_are_found_wherever_they_are() -> None:
    """Under keys that are named after words; each once, in their order; nothing else."""
    record = {
        "type": "brand_new",
        "id": "x1",
        "title": "First",
        "parts": [{"text": "Second"}, {"text": "First"}, {"data": "AAAA"}],
        "error": {"message": " Third ", "code": 7},
    }
    assert readable(record) == "First\nSecond\nThird"
    assert readable({"type": "ping", "at": 1}) == ""


def test_a_large_or_deep_record_costs_little() -> None:
    """What is looked at and what is shown are bounded."""
    assert len(readable({"text": "x" * 100_000})) <= MAX_WORDS
    assert readable([{"data": "x"}] * 10_000 + [{"text": "late"}]) == ""
    deep: Any = {"text": "deep"}
    for _ in range(5000):
        deep = {"inner": deep}
    assert readable(deep) == ""
