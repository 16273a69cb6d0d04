"""The lists of all sessions beside the sessions' transcripts, one for each screen."""

from __future__ import annotations

import os

from lashtui.feed.fleet.order import Marks
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.fleet.side_list import Followed, ListChoice, SideList


class SideLists:
    """Makes them; what the person hides on one screen is hidden on all."""

    def __init__(self, fleet: Followed, marks: FleetMarks) -> None:
        self._fleet, self._marks = fleet, marks
        self._choice = ListChoice()

    def of(self, front: SessionKey) -> SideList:
        """The list for the screen of this session."""
        home = os.path.expanduser("~")
        return SideList(self._fleet, front, marks=self._seen_marks, choice=self._choice, home=home)

    def _seen_marks(self) -> Marks:
        return Marks.of(self._marks)
