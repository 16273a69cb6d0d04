"""The side bar: panels one below the other; none pushes another out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from lashtui.widgets.panels.panel import Panel

ROOMY = 5
"""With this many rows for each panel on average, blank rows between them are affordable."""


def shares(wanted: Sequence[tuple[int, int]], room: int) -> list[int]:
    """Rows for each of the panels that want (all, at least) rows, of `room` together.

    If all fits, each gets all. Else each gets the least it can do with, and the first ones more if
    rows are left. If not even that fits, no panel gets more than another needs.
    """
    least = [few for _, few in wanted]
    if sum(least) > room:
        return _level(least, room)
    given, left = least, room - sum(least)
    for number, (everything, few) in enumerate(wanted):
        if everything - few <= left:
            given[number] = everything
            left -= everything - few
    return given


def _level(wanted: list[int], room: int) -> list[int]:
    """`wanted`, cut to the height at which all together fill `room`."""
    given, left = list(wanted), room
    # The smallest first: what it leaves is for the others.
    for rank, number in enumerate(sorted(range(len(wanted)), key=lambda at: (wanted[at], -at))):
        given[number] = min(wanted[number], left // (len(wanted) - rank))
        left -= given[number]
    return given


class SharedHeight(Layout):
    """One below the other, each with its share of the rows."""

    name = "shared-height"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Places for the panels in `size`."""
        parent.pre_layout(self)
        panels = [child for child in children if isinstance(child, Panel)]
        gap = 1 if size.height >= ROOMY * len(panels) else 0
        wanted = [panel.wanted_heights(size.width) for panel in panels]
        places: list[WidgetPlacement] = []
        y = 0
        for panel, height in zip(
            panels, shares(wanted, size.height - gap * (len(panels) - 1)), strict=True
        ):
            region = Region(0, y, size.width, height)
            places.append(
                WidgetPlacement(
                    region,
                    panel.styles.offset.resolve(region.size, size),
                    panel.styles.margin,
                    panel,
                )
            )
            y += height + gap
        return places


class Side(Widget):
    """Holds the panels."""

    BLANK: ClassVar[bool] = True
    _shared: ClassVar[Layout] = SharedHeight()

    @property
    def layout(self) -> Layout:
        """How the panels are laid out."""
        return self._shared
