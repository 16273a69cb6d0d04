"""Which changes of the list trigger a notification, for every session of a daemon. Pure.

Only what has just happened counts: what was there when one began to look, or comes again with a
reconnect, is noted and makes no sound. Each question, failure and silence has an identity by its
own time, so that it rings once, however often and by whichever way its row comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from lashd.view import SessionRow
from lashtui.app.notices.notice import SLACK_MS, Notice, notice_of
from lashtui.feed.fleet.rows import RowChange, standing
from lashtui.saved.session_key import SessionKey
from lashtui.settings import Occasion
from lashtui.text.duration import duration_long
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import Standing

OCCASION_OF: dict[Standing, Occasion] = {
    "needs you": "waiting",
    "failed": "failed",
    "quiet": "quiet",
}
MAX_NOTED = 10_000
"""Identities that are remembered: those of the 1,000 sessions that a daemon takes, ten times. Of
more the oldest are forgotten."""

_Identity: TypeAlias = tuple[SessionKey, Standing, object]


class FleetNotices:
    """Finds the notices of all sessions.

    Args:
        attached_ms: Unix milliseconds; what happened before makes no sound.
    """

    def __init__(self, attached_ms: int) -> None:
        self._attached_ms = attached_ms
        self._noted: dict[_Identity, None] = {}
        self._seen_working: set[SessionKey] = set()
        """Sessions that were not quiet when one began to look: the daemon had looked at them."""
        self._unsaid: dict[SessionKey, str] = {}
        """Notices of the questions that were open already when the list came."""

    def detect(self, changes: Sequence[RowChange], now_ms: int) -> list[Notice]:
        """What has just happened."""
        notices = []
        for change in changes:
            row = change.after
            self._unsaid.pop(change.key, None)
            if row is None:
                self._seen_working.discard(change.key)
                continue
            now = standing(row)
            if not change.live and now == "needs you":
                notice = notice_of("waiting", change.key, _text(row, now, now_ms))
                self._unsaid[change.key] = notice.text
            if not change.live and now != "quiet":
                self._seen_working.add(change.key)
            if now in OCCASION_OF and self._is_news(change, row, now):
                text = _text(row, now, now_ms)
                notices.append(notice_of(OCCASION_OF[now], change.key, text))
        return notices

    def leaves(self, notice: Notice) -> bool:
        """Whether this is a question that was open when the list came. Whoever heard it being
        asked must say so: the list does not know that it is new."""
        return notice.occasion == "waiting" and self._unsaid.get(notice.key) == notice.text

    def _is_news(self, change: RowChange, row: SessionRow, now: Standing) -> bool:
        key, before = change.key, change.before
        has_come = before is None or standing(before) != now
        match now:
            case "needs you":
                identity: object = row.waiting_since
                at = row.waiting_since if row.waiting_since is not None else row.updated_at
            case "failed":
                identity = (row.started_at, row.turn_index, row.state)
                at = row.updated_at
            case _:
                identity = at = row.quiet_since
        is_first = self._note((key, now, identity))
        if identity is None:  # of an agent without times: only the change itself tells
            return change.live and before is not None and has_come and self._is_young(at)
        if not change.live or not is_first:
            return False
        if now == "needs you":
            return self._is_young(at)  # also the next question, right after an answer
        if now == "quiet" and key in self._seen_working:
            return has_come  # silent since before one looked, and stuck since now
        return has_come and self._is_young(at)

    def _note(self, identity: _Identity) -> bool:
        """Remember it; whether it is new."""
        is_new = identity not in self._noted
        self._noted.pop(identity, None)
        self._noted[identity] = None
        if len(self._noted) > MAX_NOTED:
            del self._noted[next(iter(self._noted))]
        return is_new

    def _is_young(self, at: int | None) -> bool:
        return at is None or at >= self._attached_ms - SLACK_MS


def _text(row: SessionRow, now: Standing, now_ms: int) -> str:
    match now:
        case "needs you":
            what = safe_line(row.waiting_for or "")
            return f"waiting for you: {what}" if what else "waiting for you"
        case "failed":
            what = safe_line(row.error or "")
            return f"failed: {what}" if what else "failed"
    silent = duration_long((now_ms - (row.quiet_since or now_ms)) / 1000)
    doing = row.doing
    what = safe_line(f"{doing.name} {doing.argument or ''}") if doing is not None else ""
    return f"quiet for {silent}: {what}" if what else f"quiet for {silent}"
