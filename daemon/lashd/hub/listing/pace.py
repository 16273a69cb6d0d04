"""When a changed row is announced to the followers of the list, and how it is made.

A session that was used is looked at: at once if it has rested, else as soon as it has. What a
person must see at once is announced then and there. A row that only moved waits until its last
one is a second old, and in turn, so that a thousand busy agents don't take the daemon's time.
Nothing of this happens while nobody follows; a used session is then only marked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from lashd.hub.listing.pressing import look_at

if TYPE_CHECKING:
    from lashd.hub.deadline import Deadline
    from lashd.hub.listing.pressing import Pressing
    from lashd.hub.listing.rows import ListRow, ListRows
    from lashd.hub.session import LiveSession
    from lashd.limits import QuietLimits
    from lashd.session.row import SessionRow

LOOK_EVERY = 0.25
"""Seconds from one look at a session to the next: four rows a second of one are as many as a person
can tell apart, and a change that presses waits no longer."""

MOVED_AFTER = 1.0
"""Seconds from a session's last row to one that only moved: counters and last lines that change
faster can't be read."""

MOVED_A_SECOND = 250
"""Rows a second, of all sessions, that only moved: each takes about 40 us to fold, to make and to
send, so all of them take 1 % of a core. Up to 250 agents at work have their numbers every second,
1,000 of them every four."""

STEP = 0.02
"""Seconds from one round of looks to the next: what comes in between is done in one go."""

LOOKS_A_STEP = 128
"""Sessions looked at in a row: a look may have to fold 512 events, which takes 0.5 ms."""

_encode = msgspec.msgpack.Encoder().encode


class ListPace:
    """Looks at what was marked, and announces it in its time."""

    def __init__(
        self,
        rows: ListRows,
        *,
        describe: Callable[[LiveSession], SessionRow],
        quiet: QuietLimits,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
        deadline: Deadline,
    ) -> None:
        """`describe` makes the row of a session; `deadline` is for this alone."""
        self.is_on = False
        """Somebody follows."""
        self._rows = rows
        self._describe = describe
        self._quiet = quiet
        self._clock = clock
        self._now_ms = now_ms
        self._deadline = deadline
        self._fresh: dict[str, None] = {}
        """Names of sessions to look at now."""
        self._resting: dict[str, float] = {}
        """When each may be looked at again; by name, so that a namesake rests as well. All rest
        equally long, so the first is the next."""
        self._moved: dict[str, None] = {}
        """Names of sessions whose rows only moved, and whose turn will come."""
        self._allowed = 0.0
        """How many of those may be announced now."""
        self._last_step = clock()
        self._quiet_at = math.inf
        """When the next session may be quiet."""

    # -- what happens to sessions -----------------------------------------------------------------

    def touched(self, session: LiveSession) -> None:
        """A session was used. Called for each append."""
        row = self._rows.of(session)
        if row is None or row.is_touched:
            return
        row.is_touched = row.is_changed = True
        if self.is_on:
            self._look_soon(session.session_id)

    def born(self, session: LiveSession) -> None:
        """A session is there that was not."""
        self._rows.add(session)
        if self.is_on:
            self._look_soon(session.session_id)

    def _look_soon(self, name: str) -> None:
        if name not in self._resting:
            self._fresh[name] = None
            self._deadline.no_later_than(max(self._clock(), self._last_step + STEP))

    # -- followers come and go --------------------------------------------------------------------

    def start(self) -> None:
        """Somebody follows: all that has changed before has its number now."""
        self.is_on = True
        self._last_step = now = self._clock()
        self._allowed, self._quiet_at = 0.0, math.inf
        for row in self._rows:
            if not row.is_changed and row.shown is not None:
                row.is_changed = self._look_at(row, now) != row.shown
        self.announce_all(now)

    def stop(self) -> None:
        """Nobody follows any more."""
        self.is_on = False
        for waiting in (self._fresh, self._resting, self._moved):
            waiting.clear()
        self._rows.release()

    def announce_all(self, now: float) -> None:
        """Announce whatever has changed, without looking at it."""
        for row in list(self._rows):
            if row.is_changed:
                self._announce(row, None, now)
        self._ask_again(now)

    def _announce(self, row: ListRow, shown: Pressing | None, now: float) -> None:
        self._rows.announce(row, shown, now)
        self._rest(row.session.session_id, now)

    def _rest(self, name: str, now: float) -> None:
        if name in self._resting:
            del self._resting[name]  # the order is that of the times
        self._resting[name] = now + LOOK_EVERY

    # -- rows --------------------------------------------------------------------------------------

    def body(self, row: ListRow) -> bytes:
        """The row as one msgpack map, as new as when it was first asked for."""
        if row.body is None:
            row.body = _encode(self._describe(row.session))
            pressing = self._look_at(row, self._clock())
            # Who has the row already has not what came since: that is still to be announced.
            row.shown = None if row.is_touched else pressing
        return row.body

    def _look_at(self, row: ListRow, now: float) -> Pressing:
        """What presses, now; and it is looked at again when it will be quiet."""
        now_ms = self._now_ms()
        pressing, at = look_at(row.session, now_ms, self._quiet)
        row.seen = row.session.host.tail
        row.quiet_at = math.inf
        if at is not None and not pressing.is_quiet:
            row.quiet_at = now + (at - now_ms) / 1000
            self._quiet_at = min(self._quiet_at, row.quiet_at)
            self._deadline.no_later_than(row.quiet_at)
        return pressing

    # -- what is due ------------------------------------------------------------------------------

    def step(self, now: float) -> bool:
        """Do what is due by now; whether anything was announced."""
        if not self.is_on:
            return False
        elapsed, self._last_step = now - self._last_step, now
        self._allowed = min(self._allowed + elapsed * MOVED_A_SECOND, MOVED_A_SECOND * LOOK_EVERY)
        before = self._rows.n
        self._wake_rested(now)
        if now >= self._quiet_at:
            self._wake_quiet(now)
        for name in list(self._fresh)[:LOOKS_A_STEP]:
            del self._fresh[name]
            row = self._rows.get(name)
            if row is not None:
                self._look(row, now)
        self._announce_moved(now)
        self._ask_again(now)
        return self._rows.n != before

    def _wake_rested(self, now: float) -> None:
        resting, get = self._resting, self._rows.get
        rested = []
        for name, until in resting.items():
            if until > now:
                break
            rested.append(name)
        for name in rested:
            del resting[name]
            row = get(name)
            if row is not None and (row.is_touched or (row.is_changed and name not in self._moved)):
                self._fresh[name] = None

    def _wake_quiet(self, now: float) -> None:
        self._quiet_at = math.inf
        for row in self._rows:
            if row.quiet_at > now:
                self._quiet_at = min(self._quiet_at, row.quiet_at)
            else:
                row.quiet_at, row.seen = math.inf, -1
                row.is_touched = row.is_changed = True
                self._look_soon(row.session.session_id)

    def _look(self, row: ListRow, now: float) -> None:
        name = row.session.session_id
        if row.is_touched:
            row.is_touched = False
            if self._only_writes(row):
                row.seen = row.session.host.tail
            elif (pressing := self._look_at(row, now)) != row.shown:
                self._moved.pop(name, None)
                self._announce(row, pressing, now)
                return
        if now - row.made_at >= MOVED_AFTER:
            self._moved[name] = None
        self._rest(name, now)

    def _only_writes(self, row: ListRow) -> bool:
        """It can't press: most looks are over with this. When it will be quiet is known again once
        its row is made."""
        shown = row.shown
        return (
            shown is not None
            and not shown.is_quiet
            and shown.where is row.session.where
            and row.session.host.only_writes(row.seen)
        )

    def _announce_moved(self, now: float) -> None:
        while self._moved and self._allowed >= 1:
            name = next(iter(self._moved))
            del self._moved[name]
            row = self._rows.get(name)
            if row is not None and row.is_changed:
                self._allowed -= 1
                self._announce(row, row.shown, now)

    def _ask_again(self, now: float) -> None:
        soon = now + STEP
        self._deadline.no_later_than(max(self._quiet_at, soon))
        if self._fresh:
            self._deadline.no_later_than(now)
        elif self._moved:
            self._deadline.no_later_than(soon)
        for until in self._resting.values():
            self._deadline.no_later_than(max(until, soon))
            break
