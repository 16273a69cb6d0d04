"""What sessions truly were, and when: what a screen may say of them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Set as AbstractSet

from lashd.view import SessionRow


class Truth:
    """The states of one session, each from when its event was published."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._states: list[str] = []

    def now(self, state: str, at: float) -> None:
        """It is so from `at` on."""
        self._times.append(at)
        self._states.append(state)

    @property
    def last(self) -> str:
        """What it is now."""
        return self._states[-1]

    def between(self, begin: float, end: float) -> AbstractSet[str]:
        """All that it was at some moment from `begin` to `end`."""
        first = max(0, bisect_right(self._times, begin) - 1)
        return set(self._states[first : bisect_right(self._times, end)])


def said(row: SessionRow) -> str:
    """What a row says, in the words of `Truth`."""
    return f"asks {row.waiting_for}" if row.state == "waiting" else row.state
