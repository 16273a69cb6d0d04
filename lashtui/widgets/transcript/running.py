"""Which entries are running, so that a clock ticks only while one is. No widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lashtui.render.entry import is_running

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.widgets.transcript.row import Row


class Running:
    """Ids of the entries that are running, whether a filter shows them or not."""

    def __init__(self) -> None:
        """None."""
        self._ids: set[str] = set()

    @property
    def is_any(self) -> bool:
        """Whether an entry is running."""
        return bool(self._ids)

    def replace(self, entries: Iterable[Entry]) -> None:
        """These are all entries."""
        self._ids = {entry.id for entry in entries if is_running(entry)}

    def update(self, entry: Entry) -> None:
        """An entry is new or has changed."""
        if is_running(entry):
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
        if row.entry is not None and is_running(row.entry) and row.entry.started_at is not None:
            row.dirty = found = True
    return found
