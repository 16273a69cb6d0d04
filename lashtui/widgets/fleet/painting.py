"""How the table's lines look: what a text means in the colours of the theme's roles, and strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from lashtui.theme import Roles
from lashtui.widgets.fleet.cells import Cell, Role
from lashtui.widgets.fleet.columns import BAR, Column

BAR_MARK: Final = "▌"
Look: TypeAlias = tuple[bool, bool]
"""Whether the cursor is on the line, and whether the line is of a daemon that is not connected."""
PLAIN: Final[Look] = (False, False)

_ROLES: Final[dict[Role, str]] = {
    "failed": "failed",
    "quiet": "quiet",
    "working": "working",
    "retry": "trouble",
}
"""By what a text means, the theme's role that it has; who waits has a label of its own."""
_BOLD: Final = ("failed", "strong", "quiet")
_SHADES: Final[dict[Role, float]] = {"muted": 0.7, "faint": 0.55, "done": 0.62}
"""How far from the background towards the text: no words below a contrast of 4:1."""
_OLD = 0.6
"""The same of everything that a daemon which is not connected said last."""
_UNDER_CURSOR = 0.16
"""How much of the cursor's colour is behind the text that it is on."""
_PALE = 0.6
"""How much of that is the text's colour and not blue, on a dark ground: of the palette of 256, the
nearest to a dark blue is a glaring one, to a paler shade a grey.
"""


class Looks(msgspec.Struct):
    """The styles of one theme: equal meanings give the same object."""

    background: Color
    foreground: Color
    roles: Roles
    _styles: dict[tuple[Role, Look], Style] = msgspec.field(default_factory=dict)

    @property
    def is_ansi(self) -> bool:
        """Whether the theme is of the terminal's own colours, which can't be blended."""
        return self.background.ansi is not None or self.foreground.ansi is not None

    def style(self, role: Role, look: Look = PLAIN) -> Style:
        """The style of a text that means `role`."""
        found = self._styles.get((role, look))
        if found is None:
            make = self._make_ansi if self.is_ansi else self._make
            found = self._styles[role, look] = make(role, *look)
        return found

    def bar(self, look: Look) -> Style:
        """The style of the cursor's bar."""
        if self.is_ansi:
            return Style(color=self._focus.rich_color, bold=True)
        return Style(color=self._focus.rich_color, bgcolor=self._ground(look[0]).rich_color)

    @property
    def _focus(self) -> Color:
        return Color.parse(self.roles.focus)

    def _hue(self, role: Role) -> Color | None:
        """The colour of a text that has a role of the theme."""
        name = _ROLES.get(role)
        return Color.parse(getattr(self.roles, name)) if name is not None else None

    def _ground(self, has_cursor: bool) -> Color:
        if not has_cursor:
            return self.background
        pale = _PALE if self.background.brightness < 0.5 else 0.0
        shade = self._focus.blend(self.foreground, pale, 1.0)
        return self.background.blend(shade, _UNDER_CURSOR, 1.0)

    def _make(self, role: Role, has_cursor: bool, is_old: bool) -> Style:
        ground, text = self._ground(has_cursor), self.foreground
        if role == "waiting":
            label = Color.parse(self.roles.needs_you)
            if is_old:
                label = self.background.blend(label, _OLD, 1.0)
            ink = Color.parse(self.roles.ink)
            return Style(color=ink.rich_color, bgcolor=label.rich_color, bold=True)
        hue = self._hue(role)
        if hue is not None:
            colour = hue
        elif role in _SHADES:
            colour = self.background.blend(text, _SHADES[role], 1.0)
        else:
            colour = text
        if is_old:
            colour = self.background.blend(colour, _OLD, 1.0)
        return Style(color=colour.rich_color, bgcolor=ground.rich_color, bold=role in _BOLD or None)

    def _make_ansi(self, role: Role, has_cursor: bool, is_old: bool) -> Style:
        if role == "waiting":
            ink, label = Color.parse(self.roles.ink), Color.parse(self.roles.needs_you)
            style = Style(color=ink.rich_color, bgcolor=label.rich_color, bold=True)
            return style + Style(dim=True, bold=False) if is_old else style
        hue = self._hue(role)
        style = Style(
            color=hue.rich_color if hue is not None else "default",
            bgcolor="default",
            bold=role in _BOLD or None,
            dim=role in _SHADES or None,
        )
        if has_cursor:
            style += Style(bold=True, dim=False)
        return style + Style(dim=True, bold=False) if is_old else style


def line_strip(
    layout: Sequence[Column], cells: Sequence[Cell], width: int, looks: Looks, look: Look = PLAIN
) -> Strip:
    """The strip of a session's line; `look`: see `Look`."""
    blank = looks.style("text", look)
    segments = [_bar(looks, look)]
    used = BAR
    for column, cell in zip(layout, cells, strict=True):
        if column.gap:
            segments.append(Segment(" " * column.gap, blank))
        segments += _segments(cell, looks, look)
        used += column.gap + column.width
    if used < width:
        segments.append(Segment(" " * (width - used), blank))
    return Strip(segments, max(used, width))


def heading_strip(cells: Sequence[Cell], width: int, looks: Looks, look: Look = PLAIN) -> Strip:
    """The strip of a heading, whose cells are as wide as the line without its bar."""
    segments = [_bar(looks, look)]
    for cell in cells:
        segments += _segments(cell, looks, look)
    return Strip(segments, width)


def _bar(looks: Looks, look: Look) -> Segment:
    if look[0]:
        return Segment(BAR_MARK, looks.bar(look))
    return Segment(" ", looks.style("text", look))


def _segments(cell: Cell, looks: Looks, look: Look) -> list[Segment]:
    text, role, tail = cell
    if role != "waiting":
        segments = [Segment(text, looks.style(role, look))] if text else []
        return [*segments, Segment(tail, looks.style("muted", look))] if tail else segments
    words = text.rstrip()  # the filled label ends where its words do
    rest = Segment(text[len(words) :], looks.style("text", look))
    return [Segment(words, looks.style(role, look)), rest]
