"""The picture of `ls --watch`: counts, the table, and how many more there are. Pure."""

from __future__ import annotations

from lashtui.listing.row import Row, chosen
from lashtui.listing.table import keep_start, table
from lashtui.text.duration import duration_short
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import counter_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from lashd.protocol.records import Record
    from lashtui.text.standing import Standing


class Board:
    """The sessions as last heard, and whether that is how they are.

    Attributes:
        lost_at: since when the connection is lost, by the clock that `receive` is given.
    """

    def __init__(self) -> None:
        self.lost_at: float | None = None
        self._rows: dict[str, Row] = {}
        self._unseen: set[str] | None = None
        self._reason = ""
        self._is_whole = False
        self._widths: dict[str, int] = {}

    @property
    def has_news(self) -> bool:
        """There is something to show: all sessions are known, or why they are not."""
        return self._is_whole or self.lost_at is not None

    def receive(self, records: Iterable[Record], now: float) -> None:
        """Take in what the daemon sent."""
        for record in records:
            kind, session = record.get("type"), record.get("session")
            if kind == "session" and isinstance(session, dict):
                row = Row(session)
                self._rows[row.session_id] = row
                if self._unseen is not None:
                    self._unseen.discard(row.session_id)
            elif kind == "session_removed":
                self._rows.pop(str(record.get("session_id")), None)
            elif kind in ("following", "reconnected"):
                self._unseen = set(self._rows) if record.get("served") == "snapshot" else None
            elif kind == "synced":
                for gone in self._unseen or ():
                    del self._rows[gone]
                self._unseen, self._is_whole, self.lost_at = None, True, None
            elif kind == "disconnected":
                self.lost_at = now if self.lost_at is None else self.lost_at
                self._reason = safe_line(str(record.get("reason") or "connection lost"), 200)

    def picture(
        self,
        width: int,
        height: int,
        *,
        now: float,
        now_ms: float,
        states: frozenset[str] | None = None,
        sort: str = "state",
        home: str = "",
        colour: bool = False,
    ) -> list[str]:
        """At most `height` lines of at most `width` cells."""
        rows = chosen(self._rows.values(), states, sort)
        lines = [self._head(now)]
        room = height - 1
        if not rows:
            none = "no sessions" if states is None else f"none is {' or '.join(sorted(states))}"
            lines += [none] if room > 0 else []
            return [keep_start(line, width) for line in lines[:height]]
        room -= 1  # the heading
        left = len(rows) - room
        if left > 0:
            room -= 1
            left += 1
        lines[0] = keep_start(lines[0], width)
        shown = rows[: max(0, room)]
        lines += table(
            shown,
            now_ms=now_ms,
            home=home,
            width=width,
            colour=colour,
            least=self._widths,
            cut_names=True,
        )
        if left > 0:
            lines.append(keep_start(f"+{left} more", width))
        return lines[: max(1, height)]

    def _head(self, now: float) -> str:
        if self.lost_at is not None:
            ago = duration_short(now - self.lost_at)
            return f"disconnected, as of {ago} ago: {self._reason}"
        counts: dict[Standing, int] = {}
        for row in self._rows.values():
            counts[row.standing] = counts.get(row.standing, 0) + 1
        return f"{plural(len(self._rows), 'session')}  {counter_words(counts)}".rstrip()
