"""Times that can't be become now; what follows from it is in test_draft.py and test_status.py."""

from __future__ import annotations

from lashd.session.event_time import event_time, not_after


def test_a_time_up_to_now_is_kept() -> None:
    """However old it is; anything else is now."""
    assert [event_time(at, 100) for at in (0, 7, 100, 101, -1, None)] == [0, 7, 100, 100, 100, 100]


def test_an_unknown_time_stays_unknown() -> None:
    """A view's entry may have none."""
    assert [not_after(100, at) for at in (7, 101, None)] == [7, 100, None]
