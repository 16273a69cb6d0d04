"""Which entries change with the clock, so that it ticks only while one does. No widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lashtui.render.entry import is_running, shows_time

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.widgets.transcript.row import Row


class Running:
    """Ids of the entries that run, or wait for an answer, whether a filter shows them or not."""

    def __init__(self) -> None:
        """None."""
        self._ids: set[str] = set()

    @property
    def is_any(self) -> bool:
        """Whether there is one."""
        return bool(self._ids)

    def entries(self, find: Callable[[str], Row | None]) -> list[Entry]:
        """Their entries, in no order; `find` gives the row of an id."""
        rows = map(find, self._ids)
        return [row.entry for row in rows if row is not None and row.entry is not None]

    def replace(self, entries: Iterable[Entry]) -> None:
        """These are all entries."""
        self._ids = {entry.id for entry in entries if is_running(entry) or shows_time(entry)}

    def update(self, entry: Entry) -> None:
        """An entry is new or has changed."""
        if is_running(entry) or shows_time(entry):
            self._ids.add(entry.id)
        else:
            self._ids.discard(entry.id)

    def remove(self, key: str) -> None:
        """An entry is gone."""
        self._ids.discard(key)


def mark_elapsed(rows: Iterable[Row]) -> bool:
    """Mark the rows dirty that show how long they have been running; whether there are any."""
    found = False
    for row in rows:
        if row.entry is not None and shows_time(row.entry):
            row.dirty = found = True
    return found
