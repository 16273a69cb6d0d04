"""How high a transcript is and where in it the view stands, as Textual and the scrollbar see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.widgets.textual_private import set_scroll_y, set_scrollbar, set_virtual_height

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView

    from lashtui.widgets.transcript.bar_map import BarMap
    from lashtui.widgets.transcript.row_renderer import RowRenderer
    from lashtui.widgets.transcript.viewport import Viewport


class Extent:
    """Keeps `view` at what `viewport` says; each write is left out where nothing has changed."""

    def __init__(
        self, view: ScrollView, viewport: Viewport, renderer: RowRenderer, marks: BarMap
    ) -> None:
        """`marks` stand on the scrollbar, and move as the heights do."""
        self._view = view
        self._viewport = viewport
        self._renderer = renderer
        self._marks = marks
        self._look = (-1, -1, -1)

    def settle(self) -> None:
        """Make the rows in view exact, and put the view where it belongs."""
        top = self._viewport.settle()
        self._fit()
        view = self._view
        if top != view.scroll_y or top != view.scroll_target_y:
            set_scroll_y(view, top)
        self._sync_scrollbar()

    def fit(self) -> None:
        """Rows out of view have come, gone or grown."""
        self._fit()
        self._sync_scrollbar()

    def _fit(self) -> None:
        view, total, width = self._view, self._viewport.total, self._renderer.width
        if total != view.virtual_size.height or width != view.virtual_size.width:
            set_virtual_height(view, width, total)

    def _sync_scrollbar(self) -> None:
        self._marks.look()
        self._look = set_scrollbar(
            self._view,
            look=self._look,
            total=self._view.virtual_size.height,
            window=self._viewport.height,
            position=self._view.scroll_offset.y,
        )
