"""How a person likes to read."""

from __future__ import annotations

from lashtui.reading.taste import Taste


def test_nothing_chosen_is_the_default() -> None:
    """Changes are side by side where there is room."""
    assert Taste() == Taste(side_by_side=True)
