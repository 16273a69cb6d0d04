"""Which keys a session's footer shows first."""

from __future__ import annotations

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.screens.session_hints import ALWAYS_HINTED, hinted


def test_what_one_needs_in_this_state_comes_first() -> None:
    """To go to who waits and copy what they ask, to find what failed, to follow again."""
    waits = ReadView("a", state="waiting")
    assert hinted(waits, following=True, can_go_there=True) == (
        *("go_there", "copy_entry"),
        *ALWAYS_HINTED,
    )
    failed = ReadView("a", outcome=SessionOutcome.FAILURE)
    assert hinted(failed, following=False, can_go_there=True) == (
        *("follow", "jump('error', 1)"),
        *ALWAYS_HINTED,
    )
    assert hinted(None, following=True, can_go_there=True) == ALWAYS_HINTED
