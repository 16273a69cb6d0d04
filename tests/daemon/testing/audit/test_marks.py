"""Marks are found again in whatever an event becomes."""

from __future__ import annotations

import pytest

from lashd.testing.audit.marks import Mark, mark, mark_of, marks_in


def test_a_mark_is_found_in_the_text_around_it() -> None:
    """Also where deltas have become one entry, in their order."""
    text = f"a {mark('p-1.x', 17)} <b#> <#3> {mark('q', 1)}{mark('q', 2)}"

    assert marks_in(text) == [Mark("p-1.x", 17), Mark("q", 1), Mark("q", 2)]
    assert marks_in(None) == marks_in("") == marks_in("no mark") == []


@pytest.mark.parametrize("name", ["", "a b", "a#b", "ü", "x" * 65])
def test_a_name_that_would_not_be_found_again_is_refused(name: str) -> None:
    """Rather than followed in vain."""
    with pytest.raises(ValueError, match="can't be a mark"):
        mark(name, 1)


def test_an_event_is_known_as_it_is_sent_and_as_it_is_read() -> None:
    """Bare or in its envelope; anything else has no mark."""
    activity = {"type": "user_message", "text": mark("p", 3)}

    assert mark_of(activity) == mark_of({"type": "turn_activity", "activity": activity})
    assert mark_of({"type": "turn_activity", "activity": [mark("p", 3)]}) is None
    assert mark_of({"type": "user_message", "text": 3}) is None
