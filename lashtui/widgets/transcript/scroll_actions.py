"""The actions behind the arrows and page keys, by real lines. Textual's own go by estimates."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.geometry import Size


class ScrollActions:
    """For a widget that moves by real lines. Comes before Textual's class among the bases."""

    if TYPE_CHECKING:

        @property
        def size(self) -> Size:
            """The widget's."""

    def move(self, lines: int) -> None:
        """Move down by so many lines, or up."""
        raise NotImplementedError

    def action_scroll_up(self) -> None:
        """One line up."""
        self.move(-1)

    def action_scroll_down(self) -> None:
        """One line down."""
        self.move(1)

    def move_by_pages(self, pages: float) -> None:
        """Move down by so many pages, or up; whole pages keep one line in sight."""
        page = max(2, self.size.height)
        self.move(round(pages * (page - 1)) if abs(pages) >= 1 else round(pages * page))

    def action_page_up(self) -> None:
        """One page up, keeping one line in sight."""
        self.move_by_pages(-1)

    def action_page_down(self) -> None:
        """One page down, keeping one line in sight."""
        self.move_by_pages(1)
