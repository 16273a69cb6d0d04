"""What the app knows of all sessions of the daemon, and what it makes known of them.

It counts them, rings and runs the user's command. It knows no screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from lashtui.app.notices.fleet import FleetNotices
from lashtui.app.notices.notice import Notice, to_terminal, wanted
from lashtui.app.notices.tab import of_tab
from lashtui.feed.fleet.heard import Heard
from lashtui.feed.fleet.next import asking, next_needing
from lashtui.feed.fleet.rows import RowChange, is_unseen, standing
from lashtui.feed.fleet.worker import FleetFeed
from lashtui.saved.session_key import SessionKey
from lashtui.settings import NotifySettings
from lashtui.text.duration import duration_long
from lashtui.text.standing import Standing

if TYPE_CHECKING:
    from lashd.view import SessionRow
    from lashtui.app.notices.command import NotifyCommand
    from lashtui.saved.fleet_marks import FleetMarks

MARKS_EVERY_MS: Final = 1000
"""Milliseconds between two looks at what other apps have muted: one `stat`."""


class FleetWatch:
    """All sessions, watched for the person.

    Attributes:
        counts: how many sessions stand where; muted ones, and those of hosts that nothing is heard
            of, don't count.

    Args:
        feed: where the sessions come from.
        settings: when and how to ring.
        now_ms: the time in Unix milliseconds; what happened before makes no sound.
        write: writes a control sequence to the terminal.
        say: shows a line for a moment.
        changed: called after `counts` may have changed.
        marks: which sessions are muted, also by other apps.
    """

    def __init__(
        self,
        feed: FleetFeed,
        settings: NotifySettings,
        *,
        now_ms: Callable[[], int],
        write: Callable[[str], None],
        say: Callable[[str], None],
        changed: Callable[[], None],
        marks: FleetMarks,
    ) -> None:
        self.feed = feed
        self.counts: Counter[Standing] = Counter()
        self._unseen = feed.unseen
        self._settings = settings
        self._now_ms = now_ms
        self._write = write
        self._say = say
        self._changed = changed
        self._marks = marks
        self._marks_read_at = now_ms()
        self._notices = FleetNotices(now_ms())
        self._command: NotifyCommand | None = None
        self._said_too_old = False
        self._focus: bool | None = None
        """None: never reported."""
        feed.listeners.append(self._received)

    def marks_changed(self) -> None:
        """Others are muted than before: count again."""
        self._count()

    def focus_reported(self, focused: bool) -> None:
        """The terminal says whether it has the focus."""
        self._focus = focused

    def announce_of_tab(self, found: Sequence[Notice]) -> None:
        """Ring for what happened in a session that is open, unless the list rings for it."""
        # All of one tab, so of one host.
        followed = all(self.feed.follows(notice.key.host) for notice in found)
        left = [notice for notice in found if followed and self._notices.leaves(notice)]
        rest = [notice for notice in found if notice not in left]
        self._announce([*left, *of_tab(rest, self._settings.on, fleet_is_followed=followed)])

    def next_needing(self, here: SessionKey | None) -> SessionKey | str:
        """The session to go to from `here`, or why there is none."""
        rows, unseen = self.feed.fleet.rows, self.feed.unseen
        key = next_needing(rows, self._marks.muted, here, unseen)
        if key is not None:
            return key
        if self.feed.problem:
            return self.feed.problem
        if not self.feed.is_followed:
            return f"not known who needs you: {self.feed.connection.text()}"
        known = asking(rows, self._marks.muted)
        old = next((each for each in known if is_unseen(each, rows[each], unseen)), None)
        if old is not None:
            return self._needed(old, rows[old])
        return "nobody else needs you" if here in known else "nobody needs you"

    def _needed(self, key: SessionKey, row: SessionRow) -> str:
        """That it did, when it was last heard of."""
        silent = self._now_ms() - Heard(self.feed, self._now_ms).as_of(key, row)
        where = key.host or (row.mirror.home if row.mirror is not None else "")
        age = duration_long(max(0, silent) / 1000)
        return f"{key.shown} needed you when {where} was last heard of, {age} ago"

    def _received(self, changes: list[RowChange]) -> None:
        if self.feed.is_too_old and not self._said_too_old:
            self._say(self.feed.problem)
        self._said_too_old = self.feed.is_too_old
        if changes:
            self._take_over_mutes()
            self._announce(self._notices.detect(changes, self._now_ms()))
        if self.feed.unseen != self._unseen or any(map(_counts_differently, changes)):
            self._count()

    def _take_over_mutes(self) -> None:
        """What another app has muted doesn't ring here either."""
        now = self._now_ms()
        if abs(now - self._marks_read_at) < MARKS_EVERY_MS:
            return
        self._marks_read_at = now
        if self._marks.read():
            self._count()

    def _count(self) -> None:
        self._unseen = self.feed.unseen
        self.counts = self.feed.fleet.counts(self._marks.muted, self._unseen)
        self._changed()

    def _announce(self, found: Sequence[Notice]) -> None:
        settings = self._settings
        found = [notice for notice in found if notice.key not in self._marks.muted]
        # A terminal that has never reported its focus may well be one that can't, as in a stock
        # tmux: then nobody knows that the person looks.
        told = wanted(found, settings, focused=self._focus is True)
        if not told:
            return
        self._write(to_terminal(told, settings.how))
        if settings.command:
            if self._command is None:
                from lashtui.app.notices.command import NotifyCommand

                self._command = NotifyCommand(settings.command, self._say)
            self._command.offer(told)


def _counts_differently(change: RowChange) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    if standing(before) != standing(after):
        return True
    return is_unseen(change.key, before, ()) != is_unseen(change.key, after, ())
