"""A panel of the side bar: a title and rows, foldable. With nothing to show it takes no room.

With less room than it wants it shows what matters most: the finished rows as a number, the current
one whole, the others as one line each, and how many are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from lashtui.theme import FOCUS

INDENT = 2
"""Cells of a row's mark: its further lines are indented by them."""
MAX_ROWS = 200
"""Rows that one can scroll through: nobody reads more in a side bar, and the title counts all."""
SMALL = 3
"""With fewer rows of room the number of finished ones is left to the title."""
FAINT = "$foreground 65%"


class Panel(Widget, can_focus=True):
    """Base of the panels. Subclasses turn a view into rows."""

    DEFAULT_CSS = """
    Panel { display: none; height: auto; padding: 0 1; text-wrap: nowrap; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,space", "fold", "Fold", tooltip="Fold the panel", show=False, id="panel.fold"
        ),
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.folded = False
        self._title = ""
        self._rows: list[Content] = []
        self._done: frozenset[int] = frozenset()
        self._now: int | None = None
        self._lines: list[Content] = []
        """All rows at the width `_wrapped_at`, which is -1 for new rows."""
        self._wrapped_at = -1
        self._now_line = 0
        self._heights = (0, 0)
        self._top: int | None = None
        """The first line in sight while one scrolls; None: what matters most."""

    def show_rows(
        self,
        title: str,
        rows: Sequence[Content],
        *,
        done: Collection[int] = (),
        now: int | None = None,
    ) -> None:
        """Show these rows; without any, hide.

        `done`: the numbers of the finished rows. `now`: the number of the current one.
        """
        if self.display != bool(rows):
            self.display = bool(rows)
        same = len(rows) == len(self._rows) and all(map(Content.is_same, rows, self._rows))
        if same and (title, frozenset(done), now) == (self._title, self._done, self._now):
            return
        self._title, self._done, self._now = title, frozenset(done), now
        self._rows = list(rows)
        width, self._wrapped_at = self._wrapped_at, -1
        # A new layout costs a pass over all widgets: only for another height.
        before = self._heights
        self._wrap(width)
        self.refresh(layout=width < 0 or (before != self._heights and not self.folded))

    # -- height ------------------------------------------------------------------------------------

    def wanted_heights(self, width: int) -> tuple[int, int]:
        """Lines needed at `width` cells: to show everything, and to show the finished rows as a
        number and all others but the current one as a line each."""
        return self._wrap(width - self.gutter.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The height at which everything is shown."""
        return self._wrap(width)[0]

    def _wrap(self, width: int) -> tuple[int, int]:
        if width != self._wrapped_at:
            self._wrapped_at = width
            rows, now = self._rows, self._now or 0
            start = max(0, min(now - MAX_ROWS // 2, len(rows) - MAX_ROWS))
            end = min(len(rows), start + MAX_ROWS)
            lines = [Content.styled(f"… {start:,} before", FAINT)] if start else []
            for at in range(start, end):
                if at == now:
                    self._now_line = len(lines)
                lines += _wrapped(rows[at], width)
            if end < len(rows):
                lines.append(Content.styled(f"… {len(rows) - end:,} more", FAINT))
            self._lines = lines
            few = len(rows) - len(self._done) + bool(self._done)
            if self._now is not None:
                few += len(_wrapped(rows[now], width)) - 1
            self._heights = (1 + len(lines), 1 + min(few, len(lines)))
        return (1, 1) if self.folded else self._heights

    # -- what is seen ------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Everything it shows as text, whether or not there is room; empty while hidden."""
        if not self.display:
            return ""
        if self.folded:
            return self._title_text
        self._wrap(self.content_size.width)
        return "\n".join([self._title_text, *(line.plain for line in self._lines)])

    @property
    def _title_text(self) -> str:
        return f"{self._title} ▸" if self.folded else self._title

    def render(self) -> Content:
        """The title, and as much of the rows as there is room for."""
        width, height = self.content_size
        title = Content.styled(self._title_text, FOCUS if self.has_focus else f"bold {FAINT}")
        if self.folded or height < 2:
            return title
        self._wrap(width)
        if height > len(self._lines):
            lines = self._lines
        elif self._top is None:
            lines = self._digest(width, height - 1)
        else:
            top = min(self._top, len(self._lines) - (height - 1))
            lines = self._lines[top : top + height - 1]
        return Content("\n").join([title, *lines])

    def _digest(self, width: int, room: int) -> list[Content]:
        """At most `room` lines: what matters most."""
        lines: list[Content] = []
        if self._done and room >= SMALL:
            lines.append(Content.styled(f"✓ {len(self._done):,} done", FAINT))
            room -= 1
        left = [at for at in range(len(self._rows)) if at not in self._done]
        picked, taken = self._pick(left, width, room)
        at = left.index(self._now) if self._now in left else 0
        if at >= taken:
            picked, taken = self._pick(left[at:], width, room, others=at)
        lines += picked
        if taken < len(left) and len(picked) < room:
            lines.append(Content.styled(f"+{len(left) - taken:,} more", FAINT))
        return lines

    def _pick(
        self, rows: Sequence[int], width: int, room: int, others: int = 0
    ) -> tuple[list[Content], int]:
        """Lines of the first of `rows`, and how many rows they are. Leaves a line for `others`."""
        lines: list[Content] = []
        for taken, at in enumerate(rows):
            row = self._rows[at]
            group = _wrapped(row, width) if at == self._now else [_one_line(row, width)]
            free = room - len(lines) - (taken + 1 < len(rows) or others > 0)
            if not lines and len(group) > max(1, free):
                # Not even one row fits: its beginning is better than nothing.
                cut = group[max(0, free - 1)].append("…").truncate(width, ellipsis=True)
                return [*group[: free - 1], cut] if free > 1 else [_one_line(row, width)], 1
            if len(group) > max(free, not lines):
                return lines, taken
            lines += group
        return lines, len(rows)

    # -- keys --------------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Show only the title, or the rows again."""
        self.folded = not self.folded
        self.refresh(layout=True)

    def on_click(self, event: events.Click) -> None:
        """A click on the title folds the panel."""
        if event.y == 0:
            self.action_fold()

    def on_focus(self) -> None:
        """The title shows the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Scrolling ends with the focus."""
        self._top = None
        self.refresh()

    def action_scroll_up(self) -> None:
        """A line up, through all rows."""
        self._scroll(-1)

    def action_scroll_down(self) -> None:
        """A line down."""
        self._scroll(1)

    def action_page_up(self) -> None:
        """A page up."""
        self._scroll(1 - self.content_size.height)

    def action_page_down(self) -> None:
        """A page down."""
        self._scroll(self.content_size.height - 1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel scrolls with or without the focus."""
        self._scroll(-1)

    def on_mouse_scroll_down(self) -> None:
        """The wheel scrolls with or without the focus."""
        self._scroll(1)

    def on_leave(self) -> None:
        """The mouse has left: what it scrolled returns."""
        if not self.has_focus:
            self.on_blur()

    def _scroll(self, by: int) -> None:
        room = self.content_size.height - 1
        last = len(self._lines) - room
        if last > 0 and room > 0 and not self.folded:
            top = self._now_line if self._top is None else self._top + by
            self._top = max(0, min(top, last))
            self.refresh()


def _wrapped(row: Content, width: int) -> list[Content]:
    """The row's lines: all but the first stand under its text, not under its mark."""
    first, *more = row.wrap(width - INDENT) if width > 2 * INDENT else row.split("\n")
    return [first, *(line.pad_left(INDENT) for line in more)]


def _one_line(row: Content, width: int) -> Content:
    """The row's beginning, as one line."""
    return Content("  ").join(row.split("\n")).truncate(width, ellipsis=True)
