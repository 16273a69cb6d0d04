"""What followers of the list are sent: each session's row, and which of them changed when.

One counter for the whole daemon: a row has the number of its last change, a removal its own. So a
follower is a number too, and what it has missed is all that has a higher one. A row is encoded
when the first follower takes it, and once for all of them.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.hub.listing.pressing import Pressing
    from lashd.hub.session import LiveSession

MAX_REMOVALS = 4096
"""Removed sessions that are remembered for followers that were away: four times what a daemon
holds. To one that missed an older removal the whole list is sent."""


class ListRow:
    """The row of one session."""

    __slots__ = (
        "body",
        "born",
        "is_changed",
        "is_touched",
        "made_at",
        "n",
        "quiet_at",
        "seen",
        "session",
        "shown",
    )

    def __init__(self, session: LiveSession, born: int) -> None:
        self.session = session
        self.born = born
        """Rows are numbered as their sessions are born, too: a snapshot goes by these."""
        self.n = 0
        """Number of its last change that was announced; 0 while none was."""
        self.is_touched = True
        """The session was used since the row was last looked at."""
        self.is_changed = True
        """It was used since the last change was announced."""
        self.shown: Pressing | None = None
        """What all followers know of what presses; None where that isn't known."""
        self.seen = 0
        """n of the session's last event when it was last looked at."""
        self.quiet_at = math.inf
        """When the session is quiet if no event comes, by the hub's clock."""
        self.made_at = 0.0
        """When the last change was announced."""
        self.body: bytes | None = None
        """It as one msgpack map, once a follower has taken it."""


class ListRows:
    """All rows, in the order of their changes, and the removals."""

    def __init__(self) -> None:
        self.n = 1
        """The number of the newest change. Nobody has read up to 0."""
        self.born = 0
        """The number of the youngest row."""
        self._rows: dict[str, ListRow] = {}
        """All, the youngest last."""
        self.get = self._rows.get
        """The row of the session of a name; None where there is none."""
        self._announced: OrderedDict[str, ListRow] = OrderedDict()
        """Those with a number, the highest last."""
        self._removed: OrderedDict[str, int] = OrderedDict()
        """Session ids that are not in use any more, with the number of the removal."""
        self._forgotten = 0
        """The number of the newest removal that is not remembered."""

    def of(self, session: LiveSession) -> ListRow | None:
        """The row of exactly this session."""
        row = self._rows.get(session.session_id)
        return row if row is not None and row.session is session else None

    def __iter__(self) -> Iterator[ListRow]:
        return iter(self._rows.values())

    # -- changes ----------------------------------------------------------------------------------

    def add(self, session: LiveSession) -> ListRow:
        """A session is born. Its row has no number yet."""
        self.born += 1
        row = self._rows[session.session_id] = ListRow(session, self.born)
        return row

    def announce(self, row: ListRow, shown: Pressing | None, now: float) -> None:
        """Its present form is due to all followers; `shown` is what presses in it."""
        self.n += 1
        row.n, row.shown, row.made_at = self.n, shown, now
        row.is_touched = row.is_changed = False
        row.body = None
        session_id = row.session.session_id
        self._announced[session_id] = row
        self._announced.move_to_end(session_id)
        self._removed.pop(session_id, None)

    def remove(self, session: LiveSession) -> bool:
        """A session is gone; whether followers are to be told."""
        row = self.of(session)
        if row is None:
            return False
        del self._rows[session.session_id]
        if not row.n:
            return False
        del self._announced[session.session_id]
        self.n += 1
        self._removed[session.session_id] = self.n
        if len(self._removed) > MAX_REMOVALS:
            _, self._forgotten = self._removed.popitem(last=False)
        return True

    def release(self) -> None:
        """Free what is encoded: nobody follows."""
        for row in self._rows.values():
            row.body = None

    # -- what a follower gets ---------------------------------------------------------------------

    def can_replay(self, n: int) -> bool:
        """All that has changed after number `n` is known."""
        return 0 < n <= self.n and n >= self._forgotten

    def older_than(self, born: int, up_to: int, n: int) -> Iterator[ListRow]:
        """The rows born after `born`, up to `up_to`, that have changed after number `n`."""
        return (row for row in self._rows.values() if born < row.born <= up_to and row.n > n)

    def after(self, n: int) -> list[ListRow]:
        """The rows that have changed after number `n`, in the order of their numbers."""
        found = []
        for row in reversed(self._announced.values()):
            if row.n <= n:
                break
            found.append(row)
        found.reverse()
        return found

    def removed_after(self, n: int) -> list[tuple[int, str]]:
        """(number, session id) of the removals after number `n`, in that order."""
        found = []
        for session_id in reversed(self._removed):
            number = self._removed[session_id]
            if number <= n:
                break
            found.append((number, session_id))
        found.reverse()
        return found
