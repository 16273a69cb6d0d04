"""Which sessions are open, in which order, and which is in front."""

from __future__ import annotations

from collections.abc import Callable

from lashtui.saved.session_key import SessionKey
from lashtui.screens.session import SessionScreen
from lashtui.text.standing import Standing
from lashtui.widgets.tabs import Tab

MAX_TABS = 8
"""Each has a connection, a view in memory and a place in a strip of 40 cells."""


class OpenTabs:
    """The screens of the open sessions."""

    def __init__(self) -> None:
        self.screens: list[SessionScreen] = []
        self.front: SessionScreen | None = None
        self._made = 0
        self._recent: list[SessionScreen] = []
        """Those that have been in front, the one that is there now last."""

    def add(self, screen: SessionScreen) -> str:
        """Add a tab at the end; returns a name for its screen that no other has had."""
        self.screens.append(screen)
        self._made += 1
        return f"tab-{self._made}"

    def bring_to_front(self, screen: SessionScreen) -> None:
        """`screen` is in front now."""
        self.front = screen
        self._forget(screen)
        self._recent.append(screen)

    def remove(self, screen: SessionScreen) -> None:
        """`screen` is closed: the one that takes its place comes to the front, else the last."""
        place = self.screens.index(screen)
        self.screens.remove(screen)
        self._forget(screen)
        if self.front is screen:
            last = len(self.screens) - 1
            self.front = self.screens[min(place, last)] if self.screens else None

    def _forget(self, screen: SessionScreen) -> None:
        if screen in self._recent:
            self._recent.remove(screen)

    def to_make_room(
        self, standing: Callable[[SessionScreen], Standing | None]
    ) -> SessionScreen | None:
        """The tab to close for another one: of those that need nothing, else of those that have
        failed or gone quiet, the one that was in front longest ago; never the one that is."""
        rest = [screen for screen in self.screens if screen is not self.front]

        def rank(screen: SessionScreen) -> tuple[int, int]:
            urgency = {"needs you": 2, "failed": 1, "quiet": 1}.get(standing(screen) or "", 0)
            recent = self._recent.index(screen) if screen in self._recent else -1
            return urgency, recent

        return min(rest, key=rank, default=None)

    def find(self, key: SessionKey) -> SessionScreen | None:
        """The session's tab."""
        return next((each for each in self.screens if each.key == key), None)

    def beside(self, step: int) -> SessionScreen | None:
        """The tab `step` further, around the ends; None if nothing is open."""
        if not self.screens:
            return None
        return self.screens[(self.index + step) % len(self.screens)]

    @property
    def index(self) -> int:
        """The number of the tab in front, from 0."""
        return self.screens.index(self.front) if self.front in self.screens else 0

    def labels(self) -> list[Tab]:
        """What the strip shows."""
        return [label(screen) for screen in self.screens]


def label(screen: SessionScreen) -> Tab:
    """What is said of a session in its tab, and in the terminal's title."""
    state = screen.feed.state
    view = state.view
    return Tab(
        screen.key.shown,
        view.state if view is not None else None,
        screen.standing,
        view.outcome if view is not None else None,
        lost=state.connection.is_troubled,
        gone=state.connection.is_gone,
    )
