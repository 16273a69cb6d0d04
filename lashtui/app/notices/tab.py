"""Which changes of a session in a tab trigger a notification. Pure.

A session is compared after each batch. Only what changed while the connection was live counts, and
only if its own time says that it is younger than the attach: a backlog, a reconnect and an agent's
old transcript make no sound. Who waits or has failed is heard of from the list where it is
followed (`fleet`), so that one thing rings once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from lashtui.app.notices.notice import MAX_TEXT, SLACK_MS, Notice, notice_of
from lashtui.feed.gaps import GapFacts
from lashtui.feed.state import FeedState
from lashtui.saved.session_key import SessionKey
from lashtui.settings import Occasion
from lashtui.text.sanitize import safe_line


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

    def __init__(self, session_id: str, attached_ms: int, host: str = "") -> None:
        self._key = SessionKey(host, session_id)
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
            notices.append(self._notice(_end_of(now), f"ended: {how}"))
        elif now.turn_index > last.turn_index:
            how = "is done" if _end_of(now) == "turn-end" else "failed"
            notices.append(self._notice(_end_of(now), f"turn {now.turn_index} {how}"))
        return notices

    def _is_old(self, now: NoticeFacts) -> bool:
        return now.updated_at is not None and now.updated_at < self._attached_ms - SLACK_MS

    def _notice(self, occasion: Occasion, text: str) -> Notice:
        return notice_of(occasion, self._key, text)


def _end_of(now: NoticeFacts) -> Occasion:
    return "failed" if now.outcome in ("failure", "cut_off") else "turn-end"


def of_tab(
    found: Sequence[Notice], on: Collection[Occasion], *, fleet_is_followed: bool
) -> list[Notice]:
    """What is left of the notices of a tab where the list says some of it, too.

    A turn that failed has ended, for those who want to hear of ends and not of failures.
    """
    left = []
    for notice in found:
        if notice.occasion == "failed" and "failed" not in on:
            left.append(replace(notice, occasion="turn-end"))
        elif notice.occasion not in ("waiting", "failed") or not fleet_is_followed:
            left.append(notice)
    return left
