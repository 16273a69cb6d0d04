"""A screen that paints less and answers sooner than Textual's.

Textual paints on a grid of 1/60 s, so that a key waits for up to a frame and its drawing. Here the
grid is finer, while what streams is handed over 60 times a second as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from lashtui.widgets.textual_private import NarrowCompositor

if TYPE_CHECKING:
    from textual.timer import Timer

PAINT_PERIOD = 1 / 150
"""Seconds between two paints at the most often: what a key may wait for, beside its own work."""


class BlankHorizontal(Horizontal):
    """Arranges others and has nothing to show itself: drawn without a look at its styles."""

    BLANK: ClassVar[bool] = True


class BlankVertical(Vertical):
    """Likewise."""

    BLANK: ClassVar[bool] = True


class TypingScreen(Screen[None]):
    """Base of the screens in which letters are typed: the app's keys of one letter rest there."""


class PaintScreen(Screen[None]):
    """Base of the screens that stream.

    tests/tui/screens/test_quick.py fails when a new Textual changes what is used here.
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = self._narrow = NarrowCompositor()
        self._paint_timer: Timer | None = None

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
