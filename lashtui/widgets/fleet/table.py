"""The table: one scrolling widget that draws only the lines in view, one for each agent.

What it shows is handed to it; which lines there are, and where its cursor is, `Board` knows. A line
whose texts are the same is the same strip, so that only what has changed is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.filter import ANSIToTruecolor
from textual.message import Message
from textual.strip import Strip

from lashtui.feed.fleet.heard import Heard
from lashtui.feed.fleet.order import Group, Marks, SortBy, Wish
from lashtui.saved.session_key import SessionKey
from lashtui.theme import roles_of
from lashtui.widgets.fleet.board import Board, Line
from lashtui.widgets.fleet.cells import Cell, Facts, cells
from lashtui.widgets.fleet.columns import BAR, columns, shows_sort
from lashtui.widgets.fleet.heading import heading
from lashtui.widgets.fleet.painting import Look, Looks, heading_strip, line_strip
from lashtui.widgets.textual_private import (
    LineView,
    set_scroll_y,
    set_scrollbar,
    set_virtual_height,
)

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Region

    from lashd.view import SessionRow

MAX_STRIPS = 2000
"""Drawn lines that are kept: some screens full, each a few kilobytes."""


class FleetTable(LineView, can_focus=True, inherit_bindings=False):
    """The sessions of a fleet in groups.

    Args:
        heard: when what is known of sessions was so.
        home: the directory that `~` stands for.
    """

    DEFAULT_CSS = """
    FleetTable {
        background: $background;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    class Touched(Message):
        """The person has moved the cursor or the view."""

    @dataclass
    class Moved(Message):
        """The cursor is on another session; None: on a heading, or on nothing."""

        key: SessionKey | None

    @dataclass
    class Chosen(Message):
        """The person wants to see this session."""

        key: SessionKey

    @dataclass
    class FoldWanted(Message):
        """The person wants to open or fold this group."""

        group: Group

    def __init__(
        self,
        heard: Heard | None = None,
        *,
        home: str = "",
        id: str | None = None,  # noqa: A002  # Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.board = Board()
        self.fold_key = "z"
        """What the person presses to open a folded group."""
        self.host_states: Mapping[str, str] = {}
        """By host how it is connected, for the headings."""
        self._heard = heard or Heard()
        self._home = home
        self._rows: Mapping[SessionKey, SessionRow] = {}
        self._marks = Marks()
        self._wish = Wish()
        self._is_old = False
        self._looks: Looks | None = None
        self._strips: dict[tuple[tuple[Cell, ...], Look], Strip] = {}
        self._strips_width = 0
        self._drawn_at = 0
        self._moved_to: SessionKey | None = None
        self._bar_look = (-1, -1, -1)

    # -- what is shown -----------------------------------------------------------------------------

    def show_rows(self, rows: Mapping[SessionKey, SessionRow], marks: Marks) -> None:
        """What is known of the sessions; they stay where they are, those that are gone go."""
        # A copy: the fleet goes on, and a line is drawn as long as it is here.
        self._rows, self._marks = dict(rows), marks
        if self.board.drop_missing(rows):
            self._sync()
        self.refresh()

    def show_groups(self, groups: Sequence[Group], wish: Wish) -> None:
        """Where the sessions stand: those of `show_rows`."""
        self._wish = wish
        self.board.arrange(groups)
        self._sync()
        self.refresh()

    def set_old(self, is_old: bool) -> None:
        """Whether what is shown was so when the daemon was last heard of."""
        if is_old != self._is_old:
            self._is_old = is_old
            self.refresh()

    def tick(self) -> None:
        """A second has passed."""
        self.refresh()

    @property
    def current(self) -> SessionKey | None:
        """The session with the cursor."""
        return self.board.session

    @property
    def groups(self) -> list[Group]:
        """The groups that are shown."""
        return [line for line in self.board.lines if isinstance(line, Group)]

    def shows(self, sort_by: SortBy) -> bool:
        """Whether there is room for the column of this order."""
        return shows_sort(self._width, sort_by)

    @property
    def text(self) -> str:
        """All lines as text, whether they are in view or not."""
        width = self._width or 80
        return "\n".join(
            "".join(cell.text + cell.tail for cell in self._cells(line, width)).rstrip()
            for line in self.board.lines
        )

    # -- moving ------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._moving(lambda board: board.move(by))

    def page(self, share: float) -> None:
        """Move by this share of a screenful; a whole one keeps one line in sight."""
        lines = max(1, int(abs(share) * self.board.height) - (abs(share) >= 1))
        self._moving(lambda board: board.page(lines if share > 0 else -lines))

    def first(self) -> None:
        """To the first session."""
        self._moving(Board.first)

    def last(self) -> None:
        """To the last session."""
        self._moving(Board.last)

    def select(self, line: Line | None) -> bool:
        """Put the cursor on this session or group; False if it isn't shown."""
        found = self.board.select(line)
        self._sync()
        self.refresh()
        return found

    def show_top(self) -> None:
        """To the first session, though nobody has pressed a key."""
        self.board.first()
        self._sync()
        self.refresh()

    def show_from(self, top: int) -> None:
        """This line is the first in view, as far as the cursor stays where it is."""
        self.board.look_from(top)
        self._sync()
        self.refresh()

    def _moving(self, move: Callable[[Board], None]) -> None:
        move(self.board)
        self.post_message(self.Touched())
        self._sync()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The person scrolled (moves of the widget itself do not call this: `set_scroll_y`)."""
        if self.size.height != self.board.height:
            return  # Textual is at its own resizing; ours comes after it
        if round(new_value) != self.board.top:
            self._moving(lambda board: board.scroll_to(round(new_value)))

    def on_click(self, event: events.Click) -> None:
        """A click selects; on what is selected already, it opens."""
        number = self.board.top + event.y
        if event.button != 1 or not 0 <= number < len(self.board.lines):
            return
        event.prevent_default()
        line = self.board.lines[number]
        if isinstance(line, Group):
            self.post_message(self.Touched())
            self.post_message(self.FoldWanted(line))
            return
        was_current = line == self.board.session
        self._moving(lambda board: board.go_to(number))
        if was_current or event.chain == 2:
            self.post_message(self.Chosen(line))

    # -- geometry ----------------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def on_resize(self) -> None:
        """The cursor stays in view."""
        self.board.resize(self.size.height)
        self._sync()
        self.refresh()

    def _sync(self) -> None:
        """Bring Textual's view to where the board's is."""
        board = self.board
        if self._width > 0:
            total = len(board.lines)
            if (total, self._width) != (self.virtual_size.height, self.virtual_size.width):
                set_virtual_height(self, self._width, total)
            if board.top != self.scroll_y or board.top != self.scroll_target_y:
                set_scroll_y(self, board.top)
            self._bar_look = set_scrollbar(
                self, look=self._bar_look, total=total, window=board.height, position=board.top
            )
        if board.session != self._moved_to:
            self._moved_to = board.session
            self.post_message(self.Moved(board.session))

    # -- painting ----------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """The theme may have changed."""
        super().notify_style_update()
        self._looks = None
        self._strips.clear()

    def draw_lines(self, crop: Region) -> list[Strip]:
        """The strips of the visible part: the same objects as before where nothing has changed."""
        width = self._width
        if self._looks is None:
            _, _, background, foreground = self.colors
            self._looks = Looks(background, foreground, roles_of(self.app.theme_variables))
        if width != self._strips_width or len(self._strips) > MAX_STRIPS:
            self._strips.clear()
            self._strips_width = width
        if crop.y == 0 or not self._drawn_at:
            self._drawn_at = self._heard.list_ms()
        first = self.board.top + crop.y
        strips = [self._strip(number, width) for number in range(first, first + crop.height)]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line, for finding what is under the mouse."""
        if self._looks is None:
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        return self._strip(self.board.top + y, self._width)

    def _strip(self, number: int, width: int) -> Strip:
        board = self.board
        line = board.lines[number] if number < len(board.lines) else None
        parts = self._cells(line, width) if line is not None else (Cell(" " * width, "text"),)
        is_old = self._is_old if not isinstance(line, SessionKey) else self._is_unseen(line)
        key = (parts, (number == board.cursor and line is not None, is_old))
        found = self._strips.get(key)
        if found is None:
            found = self._strips[key] = self._filtered(self._draw(line, parts, width, key[1]))
        return found

    def _draw(self, line: Line | None, parts: tuple[Cell, ...], width: int, look: Look) -> Strip:
        assert self._looks is not None
        if line is None:
            return Strip.blank(width, self._looks.style("text"))
        if isinstance(line, Group):
            return heading_strip(parts, width, self._looks, look)
        return line_strip(columns(width), parts, width, self._looks, look)

    def _filtered(self, strip: Strip) -> Strip:
        assert self._looks is not None
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            if isinstance(line_filter, ANSIToTruecolor) and not self._looks.is_ansi:
                continue  # all colours are true colours already
            strip = strip.apply_filter(line_filter, background)
        return strip

    def _cells(self, line: Line, width: int) -> tuple[Cell, ...]:
        if isinstance(line, Group):
            return heading(
                line,
                self._wish.group_by,
                self._rows,
                width - BAR,
                muted=self._marks.muted,
                unseen=self._heard.unseen_hosts,
                home=self._home,
                fold_key=self.fold_key,
                host_states=self.host_states,
            )
        marks, row, heard = self._marks, self._rows[line], self._heard
        since = heard.unseen_since(line, row)
        facts = Facts(
            line,
            row,
            marks.names.get(line, ""),
            line in marks.pinned,
            line in marks.muted,
            None if since is None else max(0, heard.now_ms() - since),
        )
        is_near = not line.host and since is None
        then = (self._drawn_at or heard.list_ms()) if is_near else heard.as_of(line, row)
        return cells(facts, columns(width), then, self._home)

    def _is_unseen(self, key: SessionKey) -> bool:
        if self._heard.unseen_since(key, self._rows[key]) is not None:
            return True
        return not key.host and self._is_old
