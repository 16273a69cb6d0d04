"""Which changes of a session trigger a notification. Pure.

A session is compared after each batch. Only what changed while the connection was live counts, and
only if its own time says that it is younger than the attach: a backlog, a reconnect and an agent's
old transcript make no sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lashtui.feed.gaps import GapFacts
from lashtui.feed.state import FeedState
from lashtui.settings import Means, NotifySettings, Occasion
from lashtui.text.marks import SESSION_MARKS
from lashtui.text.sanitize import safe_line

MAX_TEXT = 160
"""Characters of a notification, and of a terminal's title."""
SLACK_MS = 2000
"""Two programs read the clock of one machine, so an event may seem a little older than it is."""


class Notice(msgspec.Struct, frozen=True):
    """Something happened that a person may want to know of."""

    occasion: Occasion
    text: str


class NoticeFacts(msgspec.Struct, frozen=True):
    """What matters of a session for notices, at one moment."""

    live: bool
    state: str | None
    turn_index: int
    outcome: str | None
    error: str | None
    """Id of the newest error that arrived while live."""
    error_text: str
    waiting_for: str
    gap: GapFacts | None
    updated_at: int | None

    @classmethod
    def of(cls, state: FeedState) -> NoticeFacts:
        """The facts as they are now."""
        view = state.view
        error = state.newest_error
        return cls(
            live=state.connection.is_live,
            state=view.state if view is not None else None,
            turn_index=view.turn_index if view is not None else 0,
            outcome=view.outcome if view is not None else None,
            error=error.id if error is not None else None,
            error_text=safe_line(error.text or "", MAX_TEXT) if error is not None else "",
            waiting_for=safe_line(view.waiting_for or "", MAX_TEXT) if view is not None else "",
            gap=state.missed.gap,
            updated_at=view.updated_at if view is not None else None,
        )


class NoticeDetector:
    """Finds the notices of one session.

    Args:
        attached_ms: Unix milliseconds; what happened before makes no sound.
    """

    def __init__(self, session_id: str, attached_ms: int) -> None:
        self._name = safe_line(session_id, 40)
        self._attached_ms = attached_ms
        self._last: NoticeFacts | None = None

    def detect(self, now: NoticeFacts) -> list[Notice]:
        """What has happened since the last call."""
        last, self._last = self._last, now
        if last is None or last.state is None:
            return []
        notices: list[Notice] = []
        if now.gap is not None and now.gap != last.gap:
            notices.append(self._notice("gap", now.gap.sentence))
        if not (last.live and now.live) or self._is_old(now):
            return notices
        if now.state == "waiting" and last.state != "waiting":
            what = f": {now.waiting_for}" if now.waiting_for else ""
            notices.append(self._notice("waiting", f"waiting for you{what}"))
        if now.error is not None and now.error != last.error:
            notices.append(self._notice("error", f"error: {now.error_text}"))
        if now.state == "ended" and last.state != "ended":
            how = (now.outcome or "ended").replace("_", " ")
            notices.append(self._notice("turn-end", f"ended: {how}"))
        elif now.turn_index > last.turn_index:
            notices.append(self._notice("turn-end", f"turn {now.turn_index} is done"))
        return notices

    def _is_old(self, now: NoticeFacts) -> bool:
        return now.updated_at is not None and now.updated_at < self._attached_ms - SLACK_MS

    def _notice(self, occasion: Occasion, text: str) -> Notice:
        return Notice(occasion, safe_line(f"{self._name}: {text}", MAX_TEXT))


def to_terminal(notices: Sequence[Notice], settings: NotifySettings, *, focused: bool) -> str:
    """The sequences that announce `notices`; empty for none. One bell for all of them."""
    wanted = [notice for notice in notices if notice.occasion in settings.on]
    if not wanted or settings.when == "never" or (focused and settings.when == "unfocused"):
        return ""
    parts = [_sequence(means, notice) for notice in wanted for means in settings.how]
    bell = "\a" if "bell" in settings.how else ""
    return "".join(parts) + bell


def _sequence(means: Means, notice: Notice) -> str:
    # The text is a line without control characters; a semicolon would end a field of it.
    text = safe_line(notice.text, MAX_TEXT).replace(";", ",")
    if means == "osc9":
        # Some terminals read a leading number as a command of another kind (progress).
        return f"\x1b]9;lashtui {text}\x1b\\"
    if means == "osc777":
        return f"\x1b]777;notify;lashtui;{text}\x1b\\"
    return ""


PUSH_TITLE = "\x1b[22;2t"
POP_TITLE = "\x1b[23;2t"
"""Terminals that can, keep their own title while the app is up."""


def title_of(session_id: str, state: str | None) -> str:
    """The sequence that sets the terminal's title to the session and its state."""
    mark = f"{SESSION_MARKS.get(state, '')} " if state is not None else ""
    words = f" · {state}" if state else ""
    return f"\x1b]2;{safe_line(mark + safe_line(session_id, 60) + words, MAX_TEXT)} · lashtui\x1b\\"
