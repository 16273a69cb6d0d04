"""Who needs a person, who failed, who is stuck: one rule."""

from __future__ import annotations

import pytest

from lashtui.text.standing import STANDING_MARKS, STANDINGS, Standing, counter_words, standing_of


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
