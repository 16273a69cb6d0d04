"""What the list of sessions says of one: where it runs, so where it is answered, and whether it is
quiet. A session's own view says none of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lashd.publish.where import this_host
from lashtui.feed.fleet.rows import where
from lashtui.process.panes import GoThere, way_to
from lashtui.render.live_end import shown_of
from lashtui.text.awaited import Known
from lashtui.text.place import answer_words

if TYPE_CHECKING:
    from lashd.view import SessionRow, Where
    from lashtui.saved.session_key import SessionKey


class Listed:
    """Of one session; before the first row nothing is known but its host."""

    def __init__(self, key: SessionKey) -> None:
        """Nothing so far."""
        self._key = key
        self.row: SessionRow | None = None

    def take(self, row: SessionRow | None) -> bool:
        """This is what the list says from now on; whether what is shown of it has changed."""
        before, self.row = self.row, row
        return shown_of(row) != shown_of(before)

    @property
    def known(self) -> Known | None:
        """Whether it is quiet; None where no list is heard."""
        return Known(self.row.quiet_since) if self.row is not None else None

    @property
    def _where(self) -> Where | None:
        return where(self._key, self.row)

    @property
    def _directory(self) -> str | None:
        return self.row.directory if self.row is not None else None

    @property
    def elsewhere(self) -> str:
        """The agent's machine, if it is known to be another one."""
        host = self._where.host if self._where is not None else None
        return host if host and host != this_host() else ""

    @property
    def way_there(self) -> GoThere | str:
        """How to go to the agent's terminal, or why that can't be done."""
        return way_to(os.environ, self._where, this_host(), self._directory)

    def answer_place(self, directory: str | None, key: str) -> str:
        """Where to answer, in words; with the `key` that goes there, if one does.

        `directory`: the session's own, if its view has one.
        """
        home = os.path.expanduser("~")
        words = answer_words(self._where, directory or self._directory, host=this_host(), home=home)
        return f"{words} · {key} goes there" if isinstance(self.way_there, GoThere) else words
