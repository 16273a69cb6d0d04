"""A screen that paints less and answers sooner than Textual's.

Textual paints on a grid of 1/60 s, so a key waits for up to a frame and its drawing. Here the grid
is finer, while streamed text reaches the widgets 30 times a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from lashtui.widgets.textual_private import DirectScreen, NarrowCompositor

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

PAINT_PERIOD = 1 / 150
"""Least seconds between two paints: how long a key may wait, apart from its own work."""
NEXT_NEEDS_YOU: Final = Binding(
    "exclamation_mark",
    "app.next_needs_you",
    "Next needs you",
    key_display="!",
    show=False,
    id="app.next_needs_you",
    tooltip="Next session that needs you",
)
"""For dialogs, which the app's own keys don't reach; the app has the same."""


class BlankHorizontal(Horizontal):
    """Arranges others and shows nothing itself: drawn without looking at its styles."""

    BLANK: ClassVar[bool] = True


class BlankVertical(Vertical):
    """Arranges others one below the other, and shows nothing itself."""

    BLANK: ClassVar[bool] = True


class PaintScreen(DirectScreen):
    """Base of the screens that stream.

    tests/tui/screens/test_paint_screen.py fails when a new Textual paints in another way.
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = self._narrow = NarrowCompositor()
        self._paint_timer: Timer | None = None

    def has_use(self, action: str) -> bool:
        """Whether an action would do something now; its key else says why it doesn't."""
        return True

    @property
    def is_in_front(self) -> bool:
        """Whether it is in front, perhaps with dialogs over it, which leave it in view."""
        above = self.above
        return above is not None and all(screen.is_modal for screen in above)

    @property
    def above(self) -> list[Screen[Any]] | None:
        """The screens over it; None if it is not in the stack."""
        stack = self.app.screen_stack
        return stack[stack.index(self) + 1 :] if self in stack else None

    @property
    def _update_timer(self) -> Timer:
        if self._paint_timer is None:
            self._paint_timer = self.set_interval(
                PAINT_PERIOD, self._on_timer_update, name="paint", pause=True
            )
        return self._paint_timer

    def _compositor_refresh(self) -> None:
        self._narrow.take_changed_lines()
        super()._compositor_refresh()


class ListScreen(PaintScreen):
    """Base of the screen that lists all sessions: what the app's keys do for one doesn't work."""

    def say(self, text: str) -> None:
        """Say for a moment what was done; agents' text in it must be neutralised already."""
        raise NotImplementedError
