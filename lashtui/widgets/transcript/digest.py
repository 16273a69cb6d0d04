"""What happened while the reader was away, in the transcript: what keys and clicks do there.

Each line is a row of its own, so that it is marked and walked over like any other. They stand under
the divider of what is new, or before the entry that it is in, and go with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lashtui.widgets.transcript.digest_row import HEADING

if TYPE_CHECKING:
    from lashtui.reading.away import Digest
    from lashtui.widgets.transcript.current import Current
    from lashtui.widgets.transcript.row import Row
    from lashtui.widgets.transcript.rows import RowList


class DigestView:
    """The digest of one transcript."""

    def __init__(
        self,
        rows: RowList,
        current: Current,
        rebuild: Callable[[], None],
        moved: Callable[[], None],
    ) -> None:
        """`rebuild` makes the rows again; `moved` is called when the view may be elsewhere."""
        self._rows = rows
        self._current = current
        self._rebuild = rebuild
        self._moved = moved

    @property
    def shown(self) -> Digest | None:
        """What is shown; None for nothing, or if its divider has gone."""
        return self._rows.digest if self._rows.get(HEADING) is not None else None

    def show(self, digest: Digest | None) -> None:
        """Show it at the divider of what is new; None removes it."""
        if digest is None and self._rows.digest is None:
            return
        self._rows.digest, self._rows.digest_folded = digest, False
        self._rebuild()

    def follow(self, row: Row | None) -> str | None:
        """Go to what a line is about, or unfold at the heading.

        None: `row` is none of the digest's. Else what to say, if the entry can't be shown.
        """
        if row is None or row.digest is None:
            return None
        target = row.digest.target
        if target is None:
            self.toggle(row)
        elif self._current.go_to(target):
            self._moved()
        else:
            return "that is not in the transcript now; a filter may hide it"
        return ""

    def toggle(self, row: Row | None) -> bool:
        """Fold or unfold it if `row` is one of its rows; whether it is."""
        if row is None or row.digest is None:
            return False
        self._current.mark(HEADING)
        self._rows.digest_folded = not self._rows.digest_folded
        self._rebuild()
        return True

    @property
    def marked(self) -> Row | None:
        """The marked row of the digest; None if another one is marked."""
        row = self._current.marked()
        return row if row is not None and row.digest is not None else None
