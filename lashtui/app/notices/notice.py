"""What there is to tell a person of a session, when, and how a terminal says it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lashtui.saved.session_key import SessionKey
from lashtui.settings import Means, NotifySettings, Occasion
from lashtui.text.sanitize import safe_line

MAX_TEXT = 160
"""Characters of a notification on a terminal, and of the terminal's title."""
MAX_WORDS = 500
"""Characters of a notification as the command gets it."""
SLACK_MS = 2000
"""Two programs read the clock of one machine, so an event may seem a little older than it is."""


class Notice(msgspec.Struct, frozen=True):
    """Something happened that a person may want to know of."""

    occasion: Occasion
    text: str
    """One line, neutralised."""
    key: SessionKey = SessionKey("", "")


def notice_of(occasion: Occasion, key: SessionKey, text: str) -> Notice:
    """The notice that `text` (of any content) is to be said of a session."""
    name = safe_line(key.shown, 40)
    return Notice(occasion, safe_line(f"{name}: {text}", MAX_WORDS), key)


def wanted(notices: Sequence[Notice], settings: NotifySettings, *, focused: bool) -> list[Notice]:
    """Those that are to be announced now."""
    if settings.when == "never" or (focused and settings.when == "unfocused"):
        return []
    return [notice for notice in notices if notice.occasion in settings.on]


def to_terminal(notices: Sequence[Notice], how: Sequence[Means]) -> str:
    """The sequences that announce `notices`; empty for none. One bell for all of them."""
    parts = [_sequence(means, notice) for notice in notices for means in how]
    bell = "\a" if notices and "bell" in how else ""
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
