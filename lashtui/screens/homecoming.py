"""When the reader of a session is back after a while: tells them what happened meanwhile.

Back is who attaches again, returns to the tab or from another screen, or to the terminal. A while
is two minutes, or more than a screenful of lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lashtui.reading.away import LONG, digest

if TYPE_CHECKING:
    from lashtui.feed.state import FeedState, LookedAway
    from lashtui.widgets.transcript.transcript import Transcript


class Homecoming:
    """Of the reader of one session."""

    def __init__(self, state: FeedState, transcript: Callable[[], Transcript]) -> None:
        """`transcript` is asked for only once it is there."""
        self._state = state
        self._transcript = transcript
        self._left = False
        self._blurred: LookedAway | None = None

    def left(self) -> None:
        """The reader looks at another screen."""
        transcript = self._transcript()
        transcript.reader_left()
        self._left = transcript.at_live_end
        if self._left:
            self._state.looked_away()

    def returned(self) -> bool:
        """Mark what is new to a reader who sees the transcript now; whether anything was marked."""
        left, self._left = self._left, False
        transcript, state = self._transcript(), self._state
        is_long = left and transcript.at_live_end and state.away_for() >= LONG
        if not transcript.reader_returned() and not is_long:
            return False
        state.came_back()
        return True

    def blurred(self) -> None:
        """The terminal has lost the focus."""
        self._blurred = self._state.left_now()

    def focused(self) -> bool:
        """The terminal is in focus again. Whoever watched without it is not taken anywhere."""
        blurred, self._blurred = self._blurred, None
        state = self._state
        if blurred is None or not self._transcript().at_live_end:
            return False
        if state.away_for(blurred) < LONG:
            return False
        state.came_back(blurred)
        self._transcript().unread_news.was_visited = False
        return True

    def tell(self, *, hold: bool = True) -> None:
        """Show the digest if it is due; it may have to wait until lines have a width.

        `hold`: go to where it stands.
        """
        state, transcript = self._state, self._transcript()
        absence, view = state.missed.absence, state.view
        if absence is None or view is None:
            return
        away = state.seconds_since(absence.place.at if absence.place is not None else None)
        is_long = True if away is not None and away >= LONG else transcript.unread_news.is_long
        if is_long is None:
            return
        state.missed.take_absence()
        made = digest(view, absence.since, absence.place, away) if is_long else None
        transcript.digest.show(made)
        if made is not None and hold:
            transcript.hold_at_new()
