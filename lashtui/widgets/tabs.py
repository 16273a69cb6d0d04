"""The tab strip: the open sessions, in one line. Hidden while only one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from lashtui.text.marks import SESSION_MARKS
from lashtui.text.sanitize import safe_line
from lashtui.theme import FAILED, NEEDS_YOU, WORKING

MAX_NAME = 24
"""Cells of a name; if not all tabs fit, the names get shorter, never fewer."""
LEAST_NAME = 2
"""Cells below which a name says nothing: then only number and mark are left."""


class Tab(msgspec.Struct, frozen=True):
    """One open session."""

    name: str
    state: str | None
    """As in the view; None until the first snapshot."""
    failed: bool = False
    """Whether it ended badly."""
    lost: bool = False
    """Whether its connection is gone."""


class TabStrip(Widget):
    """Number, state and name of each; the one in front and those that wait stand out."""

    DEFAULT_CSS = """
    TabStrip { display: none; height: 1; padding: 0 1; }
    TabStrip.-some { display: block; }
    """

    @dataclass
    class Picked(Message):
        """A click on a tab."""

        number: int
        """From 0."""

    def __init__(self) -> None:
        super().__init__()
        self._tabs: tuple[Tab, ...] = ()
        self._front = 0
        self._ends: list[int] = []

    def show_tabs(self, tabs: Sequence[Tab], front: int) -> None:
        """Show these; `front` is the number of the one in front."""
        if (tuple(tabs), front) == (self._tabs, self._front):
            return
        self._tabs, self._front = tuple(tabs), front
        self.set_class(self.is_shown, "-some")
        self.refresh()

    @property
    def is_shown(self) -> bool:
        """Whether it says which session is in front."""
        return len(self._tabs) > 1

    def render(self) -> Content:
        """The line at its current width."""
        width = self.content_size.width
        cells = MAX_NAME
        line, ends = self._line(cells)
        while line.cell_length > width and cells >= LEAST_NAME:
            cells -= 1
            line, ends = self._line(cells)
        self._ends = ends
        return line

    def _line(self, cells: int) -> tuple[Content, list[int]]:
        parts: list[Content] = []
        ends: list[int] = []
        used = 0
        for number, tab in enumerate(self._tabs):
            part = _tab(number, tab, front=number == self._front, cells=cells)
            parts.append(part)
            used += part.cell_length + 1
            ends.append(used)
        return Content(" ").join(parts), ends

    def on_click(self, event: events.Click) -> None:
        """A click goes to the tab under it."""
        x = event.x - self.styles.padding.left
        for number, end in enumerate(self._ends):
            if x < end:
                self.post_message(self.Picked(number))
                return

    @property
    def text(self) -> str:
        """What the strip says; empty while hidden."""
        return self._line(MAX_NAME)[0].plain if self.is_shown else ""


def _tab(number: int, tab: Tab, *, front: bool, cells: int) -> Content:
    mark = "↻" if tab.lost else SESSION_MARKS.get(tab.state or "", "·")
    if tab.failed:
        mark = "✗"
    name = safe_line(tab.name, 200)
    shown = Content(name).truncate(cells, ellipsis=True).plain if cells >= LEAST_NAME else ""
    if not shown:
        return Content.styled(f"{number + 1}{mark}", "bold reverse" if front else "")
    words = {"waiting": " waits", "ended": " failed" if tab.failed else " ended"}
    word = words.get(tab.state or "", "") if cells == MAX_NAME and not front else ""
    style = "bold" if front else "$foreground 60%"
    mark_style = {"running": WORKING, "waiting": NEEDS_YOU}.get(tab.state or "", style)
    if tab.failed:
        mark_style = FAILED
    if tab.state == "waiting" and not front:
        style = NEEDS_YOU
    text = Content.assemble(
        (f" {number + 1} ", "$foreground 60%"),
        (mark, mark_style),
        (f" {shown}", style),
        (word, style),
        " ",
    )
    return text.stylize("on $foreground 14%") if front else text
