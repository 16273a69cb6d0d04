"""The tab strip: the open sessions, in one line. Hidden while only one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from lashtui.text.marks import SESSION_MARKS
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import URGENT, Standing, standing_of, state_word
from lashtui.theme import DONE, NEEDS_YOU, STANDING_STYLES

MAX_NAME = 24
"""Cells of a name, if all tabs fit."""
ENOUGH = 10
"""Cells of a name by which sessions can be told apart: if not all tabs fit, the strip scrolls."""
LEAST_NAME = 2
"""Cells below which a name says nothing: then only number and mark are left."""


class Tab(msgspec.Struct, frozen=True):
    """One open session."""

    name: str
    state: str | None
    """As in the view; None until the first snapshot."""
    standing: Standing | None = None
    """Where it stands; None: as its state and outcome say."""
    outcome: str | None = None
    lost: bool = False
    """Whether its connection is gone."""
    gone: bool = False
    """Whether the session itself is: what it was is no more."""

    @property
    def state_word(self) -> tuple[str, str] | None:
        """Its state by mark and word; None where none is known."""
        place = self.place
        if self.gone:
            return "↻", "gone"
        return None if place is None else state_word(place, self.state, self.outcome)

    @property
    def place(self) -> Standing | None:
        """Where it stands; None where that is not known, or nothing any more."""
        if self.gone or self.state is None:
            return None
        return self.standing or standing_of(self.state, self.outcome, None)


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
        self._first = 0
        """The first tab in sight, from which the strip is scrolled no further than it must."""
        self._ends: list[tuple[int, int]] = []
        """Where each piece ends, and the tab that it stands for."""

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
        pieces, self._first = fitted(self._tabs, self._front, self.content_size.width, self._first)
        self._ends, used = [], 0
        for piece in pieces:
            used += piece.text.cell_length + 1
            self._ends.append((used, piece.number))
        return _joined(pieces)

    def on_click(self, event: events.Click) -> None:
        """A click goes to the tab under it."""
        x = event.x - self.styles.padding.left
        for end, number in self._ends:
            if x < end:
                self.post_message(self.Picked(number))
                return

    @property
    def text(self) -> str:
        """What the strip says; empty while hidden."""
        return _joined(_tabs(self._tabs, self._front, MAX_NAME)).plain if self.is_shown else ""


class Piece(NamedTuple):
    """A part of the strip."""

    text: Content
    number: int
    """The tab that a click on it goes to, from 0."""


def fitted(tabs: Sequence[Tab], front: int, width: int, first: int = 0) -> tuple[list[Piece], int]:
    """What fits into `width` cells, and the first tab in sight, to be passed as `first` next time.

    All tabs, with shorter names if need be; else those around the one in front, how many there
    are beyond them (`‹2 … 3›`), and in any case each one that waits.
    """
    for cells in range(MAX_NAME, ENOUGH - 1, -1):
        pieces = _tabs(tabs, front, cells)
        if _width(pieces) <= width:
            return pieces, 0
    for cells in range(ENOUGH, LEAST_NAME - 2, -1):
        pieces = _tabs(tabs, front, cells)
        first = min(first, front)
        while first < front and _width(_window(tabs, pieces, first, front + 1)) > width:
            first += 1
        shown = _window(tabs, pieces, first, front + 1)
        if _width(shown) > width and cells > LEAST_NAME - 1:
            continue
        stop = front + 1
        while stop < len(tabs) and _width(_window(tabs, pieces, first, stop + 1)) <= width:
            stop += 1
        while first > 0 and _width(_window(tabs, pieces, first - 1, stop)) <= width:
            first -= 1
        return _window(tabs, pieces, first, stop), first
    return [], 0


def _window(tabs: Sequence[Tab], pieces: Sequence[Piece], first: int, stop: int) -> list[Piece]:
    """The tabs from `first` to before `stop`, and what there is to know of the others."""
    left, right = range(first), range(stop, len(tabs))
    found: list[Piece] = []
    hidden = [number for number in left if tabs[number].place != "needs you"]
    if hidden:
        found.append(Piece(Content.styled(f"‹{len(hidden)}", DONE), first - 1))
    found += [_asking(number) for number in left if tabs[number].place == "needs you"]
    found += pieces[first:stop]
    found += [_asking(number) for number in right if tabs[number].place == "needs you"]
    hidden = [number for number in right if tabs[number].place != "needs you"]
    if hidden:
        found.append(Piece(Content.styled(f"{len(hidden)}›", DONE), stop))
    return found


def _asking(number: int) -> Piece:
    """A tab that waits and has no room for its name."""
    return Piece(Content.styled(f"{number + 1}{SESSION_MARKS['waiting']}", NEEDS_YOU), number)


def _tabs(tabs: Sequence[Tab], front: int, cells: int) -> list[Piece]:
    return [
        Piece(_tab(number, tab, front=number == front, cells=cells), number)
        for number, tab in enumerate(tabs)
    ]


def _width(pieces: Sequence[Piece]) -> int:
    return sum(piece.text.cell_length for piece in pieces) + max(0, len(pieces) - 1)


def _joined(pieces: Sequence[Piece]) -> Content:
    return Content(" ").join([piece.text for piece in pieces])


def _tab(number: int, tab: Tab, *, front: bool, cells: int) -> Content:
    place = tab.place
    mark, word = tab.state_word or ("·", "")
    if tab.lost and place != "failed":
        mark = "↻"
    name = safe_line(tab.name, 200)
    shown = Content(name).truncate(cells, ellipsis=True).plain if cells >= LEAST_NAME else ""
    if not shown:
        return Content.styled(f"{number + 1}{mark}", "bold reverse" if front else "")
    said = tab.gone or place in URGENT or tab.state == "ended"
    word = f" {word}" if said and cells == MAX_NAME and not front else ""
    style = "bold" if front else "$foreground 60%"
    # What is done is as quiet as the name.
    mark_style = STANDING_STYLES[place] if place is not None and place != "done" else style
    if place == "needs you" and not front:
        style = NEEDS_YOU
    text = Content.assemble(
        (f" {number + 1} ", "$foreground 60%"),
        (mark, mark_style),
        (f" {shown}", style),
        (word, style),
        " ",
    )
    return text.stylize("on $foreground 14%") if front else text
