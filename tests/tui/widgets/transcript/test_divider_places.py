"""Where dividers stand among entries."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.divider_places import divider_places


def placed(positions: dict[str, int], *dividers: Divider) -> list[str]:
    """Ids and texts in order."""
    entries = [Entry("user", key, position) for key, position in positions.items()]
    places = divider_places(entries, dividers)
    order = []
    for index, key in enumerate([*positions, ""]):
        order += [*(divider.text for divider in places.get(index, ())), key]
    return order[:-1]


def test_a_position_is_before_the_first_later_entry() -> None:
    """In the order of positions, and at the end if no entry is later or there is no position."""
    dividers = Divider("gap", "at 7", 7), Divider("new", "at 1", 1), Divider("gap", "none")
    order = placed({"a": 1, "b": 5}, *dividers)
    assert order == ["a", "at 1", "b", "at 7", "none"]


def test_an_anchor_is_stronger_than_a_position() -> None:
    """All entries of a restored view may have one position."""
    divider = Divider("new", "new", 9, "a")
    assert placed({"a": 9, "b": 9}, divider) == ["a", "new", "b"]


def test_without_its_anchor_a_divider_goes_by_its_position() -> None:
    """Also if a restarted session reuses the id: that entry is later than the divider."""
    divider = Divider("new", "new", 3, "a")
    assert placed({"x": 2, "y": 4}, divider) == ["x", "new", "y"]
    assert placed({"x": 2, "a": 7}, divider) == ["x", "new", "a"]
