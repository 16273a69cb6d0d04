"""The columns of the table: which there are is a matter of its width alone. Pure.

What happens to be in the table doesn't move them, or names would jump whenever an agent comes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from lashtui.feed.fleet.order import SortBy

Name: TypeAlias = Literal[
    "state", "flag", "session", "what", "directory", "agent", "turn", "quiet", "context", "cost"
]


class Column(NamedTuple):
    """A column of the table."""

    name: Name
    gap: int
    """Blank cells before it."""
    width: int
    right: bool = False
    """Whether its texts are aligned at the right."""
    goes_on: bool = False
    """Whether a session's name is followed by what it does: there is no column for it."""


BAR: Final = 1
"""Cells at the left of each line: where the cursor's bar stands."""
_REST: Final = -1
"""The width of the column that takes what the others leave."""
_WHO: Final = (Column("state", 0, 13), Column("flag", 0, 2), Column("session", 0, 16))
_NUMBERS: Final = (Column("turn", 1, 7, True), Column("quiet", 1, 6, True))
_USAGE: Final = (Column("context", 1, 5, True), Column("cost", 1, 7, True))
_LAYOUTS: Final[tuple[tuple[int, tuple[Column, ...]], ...]] = (
    (
        158,
        (
            Column("state", 0, 16),
            Column("flag", 0, 2),
            Column("session", 0, 20),
            Column("what", 2, _REST),
            Column("directory", 2, 22),
            Column("agent", 2, 10),
            *_NUMBERS,
            *_USAGE,
        ),
    ),
    (
        118,
        (
            Column("state", 0, 14),
            Column("flag", 0, 2),
            Column("session", 0, 20),
            Column("what", 2, _REST),
            Column("directory", 2, 14),
            *_NUMBERS,
            *_USAGE,
        ),
    ),
    (
        98,
        (
            *_WHO,
            Column("what", 2, _REST),
            # The preview beside it says where a session is, and not what it has used.
            *_NUMBERS,
            *_USAGE,
        ),
    ),
    (
        78,
        (
            *_WHO,
            Column("what", 1, _REST),
            _NUMBERS[0],
        ),
    ),
    (
        46,
        (
            *_WHO,
            Column("what", 1, _REST),
        ),
    ),
    (
        0,
        # Ten cells of what it does would say less than a whole name does.
        (
            Column("state", 0, 13),
            Column("flag", 0, 2),
            Column("session", 0, _REST, goes_on=True),
        ),
    ),
)
"""From how many cells on which columns are shown: of a terminal of 80 a scrollbar takes one."""

TITLES: Final[dict[Name, str]] = {
    "state": "STATE",
    "flag": "",
    "session": "SESSION",
    "what": "WHAT",
    "directory": "DIR",
    "agent": "AGENT",
    "turn": "TURN",
    "quiet": "QUIET",
    "context": "CTX",
    "cost": "$",
}
SORTED: Final[dict[SortBy, tuple[Name, str]]] = {
    "urgency": ("state", "▾"),
    "name": ("session", "▴"),
    "last": ("quiet", "▴"),
    "turn": ("turn", "▾"),
    "quiet": ("quiet", "▾"),
    "context": ("context", "▾"),
    "cost": ("cost", "▾"),
}
"""Which column an order goes by, and whether its smallest (`▴`) or largest comes first."""


@lru_cache(maxsize=8)
def columns(width: int) -> tuple[Column, ...]:
    """The columns of a table of `width` cells: with the bar and the gaps exactly that wide."""
    layout = next(layout for least, layout in _LAYOUTS if width >= least)
    fixed = BAR + sum(each.gap + max(0, each.width) for each in layout)
    rest = width - fixed
    if rest > 0:
        return tuple(_with_width(each, rest) if each.width == _REST else each for each in layout)
    # Too narrow even for these: the first ones, as far as there is room.
    found: list[Column] = []
    left = width - BAR
    for each in layout:
        room = left - each.gap
        if room <= 0 or each.width == _REST:
            break
        found.append(_with_width(each, min(each.width, room)))
        left = room - found[-1].width
    if found and left > 0:
        found[-1] = _with_width(found[-1], found[-1].width + left)
    return tuple(found)


def _with_width(column: Column, width: int) -> Column:
    return Column(column.name, column.gap, width, column.right, column.goes_on)


def column_title(column: Column, sort_by: SortBy) -> str:
    """What stands above a column, marked if the sessions are in its order."""
    name, mark = SORTED[sort_by]
    return TITLES[column.name] + (mark if name == column.name else "")


def shows_sort(width: int, sort_by: SortBy) -> bool:
    """Whether a table of `width` cells has the column of this order."""
    return any(column.name == SORTED[sort_by][0] for column in columns(width))
