"""When a changed row is announced to the followers of the list.

A session that was used is looked at: at once if it has rested, else as soon as it has. What a
person must see at once is announced then and there. A row that only moved waits until its last
one is a second old, and in turn, so that a thousand busy agents don't take the daemon's time.
Nothing of this happens while nobody follows; a used session is then only marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.hub.deadline import Deadline
    from lashd.hub.list_rows import ListRow, ListRows, Pressing
    from lashd.hub.session import LiveSession

LOOK_EVERY = 0.25
"""Seconds from one look at a session to the next: four rows a second of one are as many as a person
can tell apart, and a change that presses waits no longer."""

MOVED_AFTER = 1.0
"""Seconds from a session's last row to one that only moved: counters and last lines that change
faster can't be read."""

MOVED_A_SECOND = 500
"""Rows a second, of all sessions, that only moved: each takes 30 us to make and to send, so all of
them take 1.5 % of a core; 1,000 sessions at work have their numbers every two seconds."""

STEP = 0.02
"""Seconds from one round of looks to the next: what comes in between is done in one go."""

LOOKS_A_STEP = 128
"""Sessions looked at in a row: a look may have to fold 512 events, which takes 0.5 ms."""


class ListPace:
    """Looks at what was marked, and announces it in its time."""

    def __init__(
        self,
        rows: ListRows,
        *,
        pressing: Callable[[LiveSession], Pressing],
        clock: Callable[[], float],
        deadline: Deadline,
    ) -> None:
        """`pressing` gives what a person must see at once; `deadline` is for this alone."""
        self.is_on = False
        """Somebody follows."""
        self._rows = rows
        self._pressing = pressing
        self._clock = clock
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
        self._allowed = 0.0
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

    def _announce(self, row: ListRow, shown: Pressing | None, now: float) -> None:
        self._rows.announce(row, shown, now)
        self._rest(row, now)

    def _rest(self, row: ListRow, now: float) -> None:
        name = row.session.session_id
        self._resting.pop(name, None)
        self._resting[name] = now + LOOK_EVERY
        self._deadline.no_later_than(now + LOOK_EVERY)

    # -- what is due ------------------------------------------------------------------------------

    def step(self, now: float) -> bool:
        """Do what is due by now; whether anything was announced."""
        if not self.is_on:
            return False
        elapsed, self._last_step = now - self._last_step, now
        self._allowed = min(self._allowed + elapsed * MOVED_A_SECOND, MOVED_A_SECOND * LOOK_EVERY)
        before = self._rows.n
        self._wake_rested(now)
        for name in list(self._fresh)[:LOOKS_A_STEP]:
            del self._fresh[name]
            row = self._rows.get(name)
            if row is not None:
                self._look(row, now)
        self._announce_moved(now)
        self._ask_again(now)
        return self._rows.n != before

    def _wake_rested(self, now: float) -> None:
        rested = []
        for name, until in self._resting.items():
            if until > now:
                break
            rested.append(name)
        for name in rested:
            del self._resting[name]
            row = self._rows.get(name)
            if row is not None and (row.is_touched or (row.is_changed and name not in self._moved)):
                self._fresh[name] = None

    def _look(self, row: ListRow, now: float) -> None:
        name = row.session.session_id
        if row.is_touched:
            row.is_touched = False
            pressing = self._pressing(row.session)
            if pressing != row.shown:
                self._moved.pop(name, None)
                self._announce(row, pressing, now)
                return
        if now - row.made_at >= MOVED_AFTER:
            self._moved[name] = None
        self._rest(row, now)

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
        if self._fresh:
            self._deadline.no_later_than(now)
        elif self._moved:
            self._deadline.no_later_than(soon)
        for until in self._resting.values():
            self._deadline.no_later_than(max(until, soon))
            break
