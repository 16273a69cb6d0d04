"""Who needs a person, who failed, who is stuck: one rule."""

from __future__ import annotations

import pytest

from lashtui.text.standing import (
    STANDING_MARKS,
    STANDINGS,
    Standing,
    counter_words,
    since_of,
    standing_of,
    urgency,
)


@pytest.mark.parametrize(
    ("state", "outcome", "quiet_since", "standing"),
    [
        ("waiting", None, None, "needs you"),
        ("waiting", "failure", 5, "needs you"),
        ("running", None, None, "working"),
        ("running", "failure", None, "working"),
        ("running", None, 5, "quiet"),
        ("idle", None, None, "done"),
        ("idle", "success", None, "done"),
        ("idle", "failure", None, "failed"),
        ("ended", "success", None, "done"),
        ("ended", "cancelled", None, "done"),
        ("ended", None, None, "done"),
        ("ended", "failure", None, "failed"),
        ("ended", "cut_off", None, "failed"),
    ],
)
def test_where_a_session_stands(
    state: str, outcome: str | None, quiet_since: int | None, standing: Standing
) -> None:
    """State first; how it ended only once it no longer works."""
    assert standing_of(state, outcome, quiet_since) == standing


def test_each_standing_has_a_mark_of_its_own() -> None:
    """Never by colour alone."""
    assert set(STANDING_MARKS) == set(STANDINGS)
    assert len(set(STANDING_MARKS.values())) == len(STANDINGS)


def test_the_counter_says_only_what_there_is() -> None:
    """In the order of urgency."""
    assert counter_words({}) == ""
    assert counter_words({"working": 3, "done": 2}) == ""
    assert counter_words({"needs you": 1, "quiet": 3}) == "‼ 1 needs you  ⏱ 3 quiet"
    assert counter_words({"failed": 1, "needs you": 1200}) == "‼ 1,200 need you  ✗ 1 failed"


def test_since_when_it_stands_there() -> None:
    """Of one at work: since when it does what it does."""
    times = {"waiting": 1, "quiet": 2, "doing": 3, "turn": 4, "updated": 5}
    assert [since_of(standing, **times) for standing in STANDINGS] == [1, 5, 2, 3, 5]
    assert since_of("working", **{**times, "doing": None}) == 4


def test_the_most_urgent_come_first() -> None:
    """By standing; then who has waited for longest, failed last, began last; unknown times last."""
    order = [
        urgency("needs you", 10, 5, 50),
        urgency("needs you", 20, 1, 60),
        urgency("needs you", None, 1, 60),
        urgency("failed", 9, 1, 9),
        urgency("failed", 8, 2, 8),
        urgency("failed", None, 3, None),
        urgency("quiet", 3, 1, 3),
        urgency("quiet", 4, 1, 4),
        urgency("working", 1, 9, 1),
        urgency("working", 9, 1, 9),
        urgency("done", 7, 1, 7),
        urgency("done", 6, 1, 6),
    ]
    assert order == sorted(order)
