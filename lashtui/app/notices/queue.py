"""When the user's command for notices is run, and with what. Pure.

At most once in five seconds, and one at a time. What comes in between is not lost: the next run
says the most urgent of it, and how many more there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from lashtui.app.notices.notice import MAX_WORDS, Notice
from lashtui.settings import OCCASIONS
from lashtui.text.sanitize import safe_line

EVERY = 5.0
"""Seconds between the beginnings of two runs: thirty agents that fail together are one message."""


class NotifyQueue:
    """Notices that the command has not been told."""

    def __init__(self) -> None:
        self._first: Notice | None = None
        """The most urgent of them."""
        self._more = 0
        self._next_at = 0.0
        self._is_running = False

    def offer(self, notices: Sequence[Notice]) -> None:
        """These are to be told."""
        for notice in notices:
            if self._first is None:
                self._first = notice
                continue
            self._more += 1
            if _rank(notice) < _rank(self._first):
                self._first = notice

    def wait(self, now: float) -> float | None:
        """Seconds until a run is due, 0 if one is; None if there is nothing to run, or one runs."""
        if self._first is None or self._is_running:
            return None
        return max(0.0, self._next_at - now)

    def begin(self, now: float) -> dict[str, str]:
        """A run begins: what it finds in its environment."""
        first, more = self._first, self._more
        assert first is not None
        self._first, self._more, self._is_running = None, 0, True
        self._next_at = now + EVERY
        suffix = f" (and {more:,} more)" if more else ""
        return {
            "LASHTUI_KIND": first.occasion,
            "LASHTUI_SESSION": safe_line(first.key.session_id),
            "LASHTUI_HOST": safe_line(first.key.host),
            "LASHTUI_TEXT": safe_line(first.text, MAX_WORDS - len(suffix)) + suffix,
        }

    def end(self) -> None:
        """The run has ended."""
        self._is_running = False


def _rank(notice: Notice) -> int:
    return OCCASIONS.index(notice.occasion)
