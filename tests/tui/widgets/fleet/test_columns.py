"""Which columns there are at which width."""

from __future__ import annotations

import pytest

from lashtui.feed.fleet.order import SORTS
from lashtui.widgets.fleet.columns import BAR, SORTED, column_title, columns, shows_sort


@pytest.mark.parametrize("width", range(1, 260))
def test_columns_are_exactly_as_wide_as_the_table(width: int) -> None:
    """At any width: no blank end, nothing beyond."""
    found = columns(width)
    used = BAR + sum(each.gap + each.width for each in found)
    assert used == width if found else used <= width


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (39, "state flag session"),
        (49, "state flag session what"),
        (79, "state flag session what turn"),
        (99, "state flag session what turn quiet context cost"),
        (119, "state flag session what directory turn quiet context cost"),
        (199, "state flag session what directory agent turn quiet context cost"),
    ],
)
def test_columns_come_with_the_width(width: int, names: str) -> None:
    """State and session are always there; what it does, unless a name takes all that is left."""
    found = columns(width)
    assert " ".join(each.name for each in found) == names
    room = {each.name: each.width for each in found}
    assert room["session"] >= 16
    assert "what" not in room or room["what"] >= max(15, width // 5)


def test_the_column_of_the_order_is_marked() -> None:
    """One column for each order."""
    state = columns(119)[0]
    assert column_title(state, "urgency") == "STATE▾"
    assert column_title(state, "cost") == "STATE"
    assert set(SORTED) == set(SORTS)
    assert shows_sort(99, "cost")
    assert not shows_sort(79, "cost")
