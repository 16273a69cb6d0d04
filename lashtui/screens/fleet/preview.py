"""The preview beside the fleet: the session with the cursor, for as long as it can be seen."""

from __future__ import annotations

import os

from lashd.publish.where import this_host
from lashd.view import SessionRow
from lashtui.feed.fleet.heard import Heard
from lashtui.feed.fleet.rows import where
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.previewing import PreviewFeeds, Previewing
from lashtui.text.place import answer_words, place_parts
from lashtui.widgets.preview.preview import Preview


class FleetPreview(Preview):
    """Shows one of the fleet's sessions.

    Args:
        feeds: where their feeds come from; None for a preview that shows nothing.
        heard: when what the list says was so.
    """

    def __init__(self, feeds: PreviewFeeds | None, heard: Heard) -> None:
        self._person_home = os.path.expanduser("~")
        super().__init__(heard, home=self._person_home)
        self._previewing = Previewing(self, feeds) if feeds is not None else None

    @property
    def has_feeds(self) -> bool:
        """Whether it has anything to show."""
        return self._previewing is not None

    def show_session(
        self, key: SessionKey | None, row: SessionRow | None, name: str, *, seen: bool
    ) -> None:
        """The cursor is on this session, which the person calls `name`.

        `seen`: whether the preview is on the screen; if not, this costs nothing.
        """
        if self._previewing is not None:
            if seen:
                self._previewing.choose(key if row is not None else None)
            self._previewing.set_active(seen)
        if seen:
            place = self._place(key, row) if key is not None and row is not None else ""
            self.show_row(row, name=name, host=key.host if key is not None else "", place=place)

    def leave(self) -> None:
        """The screen is behind another, or gone: nothing is attached to."""
        if self._previewing is not None:
            self._previewing.set_active(False)

    def second(self) -> None:
        """A second has passed."""
        if self._previewing is not None:
            self._previewing.tick()

    def _place(self, key: SessionKey, row: SessionRow) -> str:
        host, home, found = this_host(), self._person_home, where(key, row)
        if row.state == "waiting":
            return answer_words(found, row.directory, host=host, home=home)
        return " · ".join(place_parts(found, row.directory, host=host, home=home))
