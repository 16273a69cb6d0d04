"""What is worth a bell: decided from two looks at a session, and never for what was replayed. Pure.

A session is looked at after each batch. Only what changed between two looks while the connection
was live counts, and only if the session's own clock says that it is younger than the attach: a
backlog, a reconnect and an agent's old transcript make no sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lashtui.feed.state import FeedState
from lashtui.settings import Means, NotifySettings, Occasion
from lashtui.text.marks import SESSION_MARKS
from lashtui.text.sanitize import safe_line

MAX_TEXT = 160
"""Characters of a notification, and of a terminal's title."""
SLACK_MS = 2000
"""Clocks of one machine, read by two programs: an event may seem a little older than it is."""


class Notice(msgspec.Struct, frozen=True):
    """Something happened that a person may want to know of."""

    occasion: Occasion
    text: str


class Look(msgspec.Struct, frozen=True):
    """What matters of a session at one moment."""

    live: bool
    state: str | None
    turn_index: int
    outcome: str | None
    error: str | None
    """Id of the newest error that came while live."""
    error_text: str
    waiting_for: str
    gap: object
    updated_at: int | None

    @classmethod
    def at(cls, state: FeedState) -> Look:
        """The present look."""
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


class Watch:
    """Finds the notices of one session.

    Args:
        attached_ms: Unix milliseconds; what happened before made no sound then and makes none now.
    """

    def __init__(self, session_id: str, attached_ms: int) -> None:
        self._name = safe_line(session_id, 40)
        self._attached_ms = attached_ms
        self._last: Look | None = None

    def look(self, look: Look) -> list[Notice]:
        """What has happened since the last look."""
        last, self._last = self._last, look
        if last is None or last.state is None:
            return []
        notices: list[Notice] = []
        if look.gap is not None and look.gap != last.gap:
            sentence = getattr(look.gap, "sentence", "history has a gap")
            notices.append(self._notice("gap", str(sentence)))
        if not (last.live and look.live) or self._is_old(look):
            return notices
        if look.state == "waiting" and last.state != "waiting":
            what = f": {look.waiting_for}" if look.waiting_for else ""
            notices.append(self._notice("waiting", f"waiting for you{what}"))
        if look.error is not None and look.error != last.error:
            notices.append(self._notice("error", f"error: {look.error_text}"))
        if look.state == "ended" and last.state != "ended":
            how = (look.outcome or "ended").replace("_", " ")
            notices.append(self._notice("turn-end", f"ended: {how}"))
        elif look.turn_index > last.turn_index:
            notices.append(self._notice("turn-end", f"turn {look.turn_index} is done"))
        return notices

    def _is_old(self, look: Look) -> bool:
        return look.updated_at is not None and look.updated_at < self._attached_ms - SLACK_MS

    def _notice(self, occasion: Occasion, text: str) -> Notice:
        return Notice(occasion, safe_line(f"{self._name}: {text}", MAX_TEXT))


def to_terminal(notices: Sequence[Notice], settings: NotifySettings, *, focused: bool) -> str:
    """What to write to the terminal for `notices`; empty for nothing. One bell for all of them."""
    wanted = [notice for notice in notices if notice.occasion in settings.on]
    if not wanted or settings.when == "never" or (focused and settings.when == "unfocused"):
        return ""
    parts = [_sequence(means, notice) for notice in wanted for means in settings.how]
    bell = "\a" if "bell" in settings.how else ""
    return "".join(parts) + bell


def _sequence(means: Means, notice: Notice) -> str:
    # The text is a line without control characters; a semicolon would end a field of these.
    text = safe_line(notice.text, MAX_TEXT).replace(";", ",")
    if means == "osc9":
        # Some terminals read a leading number as a command of another kind (progress).
        return f"\x1b]9;lashtui {text}\x1b\\"
    if means == "osc777":
        return f"\x1b]777;notify;lashtui;{text}\x1b\\"
    return ""


PUSH_TITLE = "\x1b[22;2t"
POP_TITLE = "\x1b[23;2t"
"""The terminal keeps its title while the app is up, where it can."""


def title_of(session_id: str, state: str | None) -> str:
    """The sequence that sets the terminal's title to the session and its state."""
    mark = f"{SESSION_MARKS.get(state, '')} " if state is not None else ""
    words = f" · {state}" if state else ""
    return f"\x1b]2;{safe_line(mark + safe_line(session_id, 60) + words, MAX_TEXT)} · lashtui\x1b\\"
