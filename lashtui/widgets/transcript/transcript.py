"""The transcript: one scrolling widget that draws only the lines in view.

Heights of rows are estimated until they are seen. While the reader follows, the end of the last
row stands at the bottom; while he holds, the line at the top stays where it is, whatever happens
above or below. Both are brought about at the moment of painting, so that any number of changes
between two frames costs one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.message import Message
from textual.strip import Strip

from lashtui.feed.divider import Divider
from lashtui.render.entry import FOLDABLE, is_running
from lashtui.theme import Palette
from lashtui.widgets.textual_private import (
    LineView,
    set_scroll_y,
    set_scrollbar,
    set_virtual_height,
)
from lashtui.widgets.transcript.row import Row, RowRenderer
from lashtui.widgets.transcript.rows import RowList
from lashtui.widgets.transcript.selection import paint_selection, selected_text
from lashtui.widgets.transcript.viewport import Viewport

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Region
    from textual.selection import Selection

    from lashd.view import ReadView, ViewChanges

__all__ = ["Transcript"]

ALONE_AFTER = 1.5
"""Seconds without anybody else's tick after which its own clock counts: two would paint twice."""


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class Transcript(LineView, can_focus=True):
    """The entries of one session."""

    DEFAULT_CSS = """
    Transcript {
        background: $background;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = True

    @dataclass
    class Followed(Message):
        """The view went live or was held, or more came below while it is held."""

        following: bool
        unseen: int
        """Entries that are new or went on since the view was held."""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int] = _wall_clock_ms,
        id: str | None = None,  # noqa: A002  # Textual's own name
        classes: str | None = None,
    ) -> None:
        """`now_ms` (Unix milliseconds) is what running work's time is measured against."""
        super().__init__(id=id, classes=classes)
        self._renderer = RowRenderer(now_ms)
        self._list = RowList(self._renderer)
        self._view: ReadView | None = None
        self._port = Viewport(self._list, self._renderer)
        self._unseen: set[str] = set()
        self._told: tuple[bool, int] | None = None
        self._busy: dict[str, None] = {}
        self._bar_look = (-1, -1, -1)
        self._ticked_at = 0.0
        self._stale = True
        """Something in view may have changed since the last paint."""

    def on_mount(self) -> None:
        """One repaint a second while something runs; none at all while nothing does."""
        self._ticker = self.set_interval(1.0, self._tick, pause=True)
        self._ticking = False
        self._set_ticking()

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        """Whether the view stays at the live end."""
        return self._port.following

    @property
    def unseen(self) -> int:
        """Entries that are new or went on since the view was held, and that the filter shows."""
        if self._list.shows is None:
            return len(self._unseen)
        return sum(self._list.is_shown(key) for key in self._unseen)

    def show_view(
        self, view: ReadView, *, dividers: Sequence[Divider] = (), keep_place: bool = False
    ) -> None:
        """Show `view`'s entries and nothing else, at the live end.

        Each of `dividers` stands before the first entry with a later position than its own. With
        `keep_place` a reader who holds the view stays at his entry, or near where it was.
        """
        place = self._port.place() if keep_place else None
        known = {row.key for row in self._list.entry_rows()}
        opened = self._port.kept_open()
        self._view = view
        self._renderer.forget_all()
        self._list.replace(view.entries, dividers)
        self._busy = {entry.id: None for entry in view.entries if is_running(entry)}
        self._port.follow()
        if place is not None:
            self._port.keep_open_still(opened)
            self._port.hold_place(place)
            ids = {entry.id for entry in view.entries if entry.kind != "commit"}
            self._unseen = {key for key in ids if key in self._unseen or key not in known}
        if self._port.following:
            self._unseen.clear()
        self._set_ticking()
        self._changed(everything=True)

    def apply(self, changes: ViewChanges) -> None:
        """Show what a batch of events did to the view given last."""
        rows = self._list
        if changes.reset and self._view is not None:
            self.show_view(self._view, dividers=rows.dividers(), keep_place=True)
            return
        lowest = len(rows)
        for key in changes.removed:
            self._busy.pop(key, None)  # a filter may hide it
            self._unseen.discard(key)
            lowest = min(lowest, rows.remove(key, self._leave))
        if changes.dropped:
            rows.drop_head(changes.dropped, self._leave)
            lowest = 0
        for key, entry in changes.changed.items():
            row = rows.get(key)
            if row is None:
                row = rows.append(key, entry)
                is_new = entry.kind != "commit"
            else:
                is_new = not self._port.following and row.has_grown()
                self._port.keep_open(row)
                lowest = min(lowest, rows.touch(row, entry))
            if is_new and not self._port.following:
                self._unseen.add(key)
            if is_running(entry):
                self._busy[key] = None
            else:
                self._busy.pop(key, None)
        self._set_ticking()
        self._changed(everything=self._port.following or lowest < self._bottom_row())

    def _leave(self, row: Row) -> None:
        """A row goes."""
        self._busy.pop(row.key, None)
        self._unseen.discard(row.key)
        self._port.leaving(row)

    def _bottom_row(self) -> int:
        """The row after the last one in view."""
        return self._list.find(self.scroll_offset.y + self._port.height) + 1

    def _changed(self, *, everything: bool) -> None:
        """Paint anew where the change can be seen; else only the scrollbar knows."""
        if not self._renderer.width:
            return
        if everything:
            self._stale = True
            self.refresh()
        else:
            self._set_total()
        self._tell()

    def _tell(self) -> None:
        told = (self._port.following, self.unseen)
        if told != self._told:
            self._told = told
            self.post_message(self.Followed(*told))

    # -- time ------------------------------------------------------------------------------------

    def _set_ticking(self) -> None:
        if not self.is_mounted:
            return
        wanted = bool(self._busy)
        if wanted != self._ticking:
            self._ticking = wanted
            if wanted:
                self._ticker.resume()
            else:
                self._ticker.pause()

    def _tick(self) -> None:
        if time.monotonic() - self._ticked_at >= ALONE_AFTER:
            self._show_second()

    def tick(self) -> None:
        """A second passed: running rows in view show it. Who owns a clock may call it."""
        self._ticked_at = time.monotonic()
        self._show_second()

    def _show_second(self) -> None:
        first = self._list.find(self.scroll_offset.y)
        seen = False
        for row in self._list.rows[first : self._bottom_row()]:
            if row.entry is not None and is_running(row.entry) and row.entry.started_at is not None:
                row.dirty = seen = True
        if seen:
            self._stale = True
            self.refresh()

    # -- moving ----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Go to the live end and stay there."""
        self._port.follow()
        self._unseen.clear()
        self._changed(everything=True)

    def go_to_divider(self, kind: str) -> bool:
        """Hold the view at the last divider of `kind`; False where there is none."""
        rows = self._list.rows
        for index in range(len(rows) - 1, -1, -1):
            divider = rows[index].divider
            if divider is not None and divider.kind == kind:
                self._list.unpin()
                self._port.hold(index, 0)
                self._changed(everything=True)
                return True
        return False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The reader moved (our own moves are not told, see `textual_private`)."""
        if not self._renderer.width or self.size.height != self._port.height:
            return
        self._list.unpin()
        self._settle()
        before, after = round(old_value), round(new_value)
        self._go(before, after, to_end=after >= self.max_scroll_y)

    def _go(self, before: int, after: int, *, to_end: bool = False) -> None:
        self._port.moved(before, after, to_end=to_end)
        if self._port.following:
            self._unseen.clear()
        self._changed(everything=True)

    def action_scroll_end(self) -> None:
        """To the live end."""
        self.follow()

    def action_scroll_home(self) -> None:
        """To the first line."""
        self._list.unpin()
        self._port.hold(0, 0)
        self._changed(everything=True)

    def action_scroll_up(self) -> None:
        """One line up."""
        self._move(-1)

    def action_scroll_down(self) -> None:
        """One line down."""
        self._move(1)

    def action_page_up(self) -> None:
        """One page up, with a line of the last one."""
        self._move(1 - max(2, self._port.height))

    def action_page_down(self) -> None:
        """One page down, with a line of the last one."""
        self._move(max(2, self._port.height) - 1)

    def _move(self, lines: int) -> None:
        """By real lines: a scrollbar's end may be estimated short of the true one, or behind it."""
        if not self._renderer.width or (lines > 0 and self._port.following):
            return
        self._list.unpin()
        self._settle()
        self._go(self.scroll_offset.y, self.scroll_offset.y + lines)

    # -- folding ---------------------------------------------------------------------------------

    def toggle(self, key: str) -> None:
        """Fold or unfold the entry with this id; its first line stays where it is."""
        row = self._list.get(key)
        if row is None or row.entry is None or row.entry.kind not in FOLDABLE:
            return
        self._settle()
        self._port.toggle(row, self.scroll_offset.y)
        self._settle()
        if self.scroll_offset.y >= self.max_scroll_y:
            self._port.follow()
        self.screen.clear_selection()
        self._changed(everything=True)

    def row_at(self, y: int) -> tuple[Row, int] | None:
        """The row at line `y` of the screen's part, and which of its lines that is."""
        line = self.scroll_offset.y + y
        index = self._list.find(line)
        if index >= len(self._list):
            return None
        return self._list.rows[index], line - self._list.start(index)

    def on_click(self, event: events.Click) -> None:
        """A click on the first line of an entry, or on what its fold hides, folds or unfolds it."""
        hit = self.row_at(event.y)
        if hit is None or event.button != 1 or self.text_selection is not None:
            return
        row, line = hit
        last = row.height - 1
        hidden = row.folded and line == last
        if row.entry is not None and row.entry.kind in FOLDABLE and (line == row.lead or hidden):
            self.toggle(row.key)
            event.prevent_default()

    # -- geometry --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Wrap anew, and keep what stands at the top there."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._port.resize(width, self.size.height)
        self._stale = True
        self._settle()
        self.refresh()
        self._tell()

    def _settle(self) -> None:
        """Make the rows in view exact, and put the view where it belongs."""
        if not self._renderer.width:
            return
        top = self._port.settle()
        self._set_total()
        if top != self.scroll_y or top != self.scroll_target_y:
            set_scroll_y(self, top)
        self._sync_scrollbar()

    def _set_total(self) -> None:
        total = self._port.total
        if total != self.virtual_size.height or self._renderer.width != self.virtual_size.width:
            set_virtual_height(self, self._renderer.width, total)
        self._sync_scrollbar()

    def _sync_scrollbar(self) -> None:
        self._bar_look = set_scrollbar(
            self,
            look=self._bar_look,
            total=self.virtual_size.height,
            window=self._port.height,
            position=self.scroll_offset.y,
        )

    # -- painting --------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """The theme may have changed."""
        super().notify_style_update()
        self._renderer.palette = None
        self._renderer.forget_strips()

    def redraw(self) -> None:
        """Make the lines of all entries again; none of them has another height for it."""
        self._renderer.forget_all()
        self._changed(everything=True)

    def _make_palette(self) -> Palette:
        _, _, background, foreground = self.colors
        accent = Color.parse(self.app.theme_variables.get("accent", "#d7a65f"))
        return Palette(background, foreground, accent)

    def draw_lines(self, crop: Region) -> list[Strip]:
        """The strips of the visible part (Textual's own cache of styles is not needed for them)."""
        renderer = self._renderer
        if renderer.palette is None:
            renderer.palette = self._make_palette()
        if not renderer.width:
            return [Strip.blank(crop.width, self.visual_style.rich_style)] * crop.height
        if self._stale:
            self._stale = False
            self._settle()
        top = self.scroll_offset.y + crop.y
        strips = self._decorated(top, self._list.strips(top, crop.height))
        selection = self.text_selection
        if selection is not None:
            strips = paint_selection(
                strips, top, selection, self._selection_style(), self._text_from
            )
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            if isinstance(line_filter, ANSIToTruecolor) and not renderer.palette.is_ansi:
                continue  # there are only true colours
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.column_span != (0, renderer.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _decorated(self, top: int, strips: list[Strip]) -> list[Strip]:
        """What else is shown on `strips`, which start at line `top`."""
        return strips

    def render_line(self, y: int) -> Strip:
        """One line with its place in it, for finding what is under the mouse."""
        if not self._renderer.width or self._renderer.palette is None:
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        line = self.scroll_offset.y + y
        return self._list.strips(line, 1)[0].apply_offsets(0, line)

    # -- selection -------------------------------------------------------------------------------

    def _selection_style(self) -> Style:
        return self.screen.get_component_rich_style("screen--selection")

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, as it is shown."""
        return selected_text(selection, self._list.total(), self._text_lines, self._text_from)

    def _text_from(self, line: int) -> int:
        index = self._list.find(line)
        return self._renderer.text_from(self._list.rows[index]) if index < len(self._list) else 0

    def _text_lines(self, first: int, stop: int) -> list[str]:
        return [strip.text.rstrip() for strip in self._list.strips(first, stop - first)]
