"""Everything of Textual's inside that the transcript needs: private names, and none elsewhere.

Each has a test in tests/tui/widgets/test_textual_private.py that fails when a new Textual changes
it; the version is pinned to a minor in pyproject.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView

BarLook: TypeAlias = tuple[int, int, int]


def set_scroll_y(view: ScrollView, y: int) -> None:
    """Move `view` without telling its watchers.

    Assigning would clamp against a height that is not known yet, and be taken for the reader's own
    scrolling. The target is set too, or a later relative scroll would start from the old place.
    """
    view.set_reactive(Widget.scroll_y, float(y))
    view.set_reactive(Widget.scroll_target_y, float(y))


def set_virtual_height(view: ScrollView, width: int, height: int) -> None:
    """Tell `view` how many lines it has.

    `virtual_size` is a reactive with `layout=True`: assigning it arranges the whole screen anew
    with every line that is streamed.
    """
    view.set_reactive(Widget.virtual_size, Size(width, height))


def set_scrollbar(
    view: ScrollView, *, total: int, window: int, position: int, look: BarLook
) -> BarLook:
    """Draw the vertical scrollbar for this place; returns its look, to be given the next time.

    Only where its thumb looks different: each assignment draws the whole bar again. A look is in
    eighths of a cell, which is what Textual draws.
    """
    bar = view.vertical_scrollbar
    total = max(1, total)
    new = (window, position * window * 8 // total, window * window * 8 // total)
    if new != look:
        bar.window_virtual_size = total
        bar.window_size = window
        bar.position = position
    return new
