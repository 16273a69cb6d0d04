"""The list's stream as lines for people."""

from __future__ import annotations

import time

from lashtui.listing.row import Row, chosen
from lashtui.listing.table import state_colour
from lashtui.text.format import moment
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record


class ChangeWriter:
    """The list's records as lines for people: one whenever a session's state, question or error
    changes. What is there at first comes in order, the most urgent first.
    """

    def __init__(
        self, *, colour: bool = False, now_ms: Callable[[], float] = lambda: time.time() * 1000
    ) -> None:
        self._colour = colour
        self._now_ms = now_ms
        self._told: dict[str, tuple[object, ...]] = {}
        self._first: list[Row] | None = []
        """The rows of the first list, until it is whole."""

    def write(self, record: Record) -> str:
        """The text of one record."""
        kind, session = record.get("type"), record.get("session")
        if kind == "session" and isinstance(session, dict):
            row = Row(session)
            if self._first is None:
                return self._change(row, self._now_ms())
            self._first.append(row)
        elif kind == "session_removed":
            session_id = str(record.get("session_id"))
            self._told.pop(session_id, None)
            return self._line(self._now_ms(), "removed", "", session_id, "")
        elif kind == "synced" and self._first is not None:
            rows, self._first = chosen(self._first, None, "state"), None
            now = self._now_ms()
            return "".join(self._change(row, row.since or row.updated_at or now) for row in rows)
        return ""

    def finish(self) -> str:
        """The text of the end: none, stdout has the changes and stderr why they end."""
        return ""

    def _change(self, row: Row, at: float) -> str:
        signature = (row.word, row.waiting_for, row.error)
        if self._told.get(row.session_id) == signature:
            return ""
        self._told[row.session_id] = signature
        colour = state_colour(row) if self._colour else ""
        return self._line(at, row.word, colour, row.session_id, row.what(self._now_ms()))

    def _line(self, at: float, word: str, colour: str, session_id: str, what: str) -> str:
        state = f"{word:<9}"
        if colour:
            state = f"\x1b[{colour}m{state}\x1b[m"
        return f"{moment(at)}  {state}  {safe_line(session_id)}  {what}".rstrip() + "\n"
