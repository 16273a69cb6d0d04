"""The words by which sessions are chosen."""

from __future__ import annotations

import pytest

from lashtui.text.standing import standing_of
from lashtui.text.state_names import STATE_NAMES, STATES, is_begun, state_names


@pytest.mark.parametrize("state", ["idle", "running", "waiting", "ended"])
@pytest.mark.parametrize("outcome", [None, "success", "failure", "cut_off", "cancelled"])
@pytest.mark.parametrize("quiet", [None, 1])
def test_every_session_has_words_that_are_understood(
    state: str, outcome: str | None, quiet: int | None
) -> None:
    """One of those that are offered among them."""
    for calls, retries in ((False, False), (True, False), (False, True)):
        found = state_names(
            standing_of(state, outcome, quiet),
            state,
            outcome,
            phase="writing",
            is_calling=calls,
            is_retrying=retries,
        )
        assert found <= STATE_NAMES
        assert found & set(STATES)


def test_what_is_being_typed_may_become_a_state() -> None:
    """Also by the app's own words."""
    assert is_begun("stu")
    assert not is_begun("stuk")
