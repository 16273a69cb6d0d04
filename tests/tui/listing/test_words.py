"""The words of `--state`."""

from __future__ import annotations

import pytest

from lashtui.listing.words import parse_states
from lashtui.text.state_names import STATES


def test_states_are_a_list() -> None:
    """With or without spaces."""
    assert parse_states("waiting") == {"waiting"}
    assert parse_states(" failed, quiet,,failed") == {"failed", "quiet"}
    assert parse_states(",".join(STATES)) == set(STATES)
    assert parse_states("needs,stuck,cancelled") == {"needs", "stuck", "cancelled"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wating", "unknown state 'wating'; did you mean `waiting`?"),
        ("failed,runing", "unknown state 'runing'; did you mean `running`?"),
        ("xyz", "unknown state 'xyz'; choose from waiting, failed, quiet"),
        ("", "no state given; choose from waiting"),
        (",", "no state given"),
    ],
)
def test_a_wrong_state_is_refused(text: str, told: str) -> None:
    """With what was probably meant."""
    with pytest.raises(ValueError, match=r"\w") as refused:
        parse_states(text)
    assert told in str(refused.value)
