"""The list of the reader's actions."""

from __future__ import annotations

from lashtui.reading.actions import READING_ACTIONS, actions_with_keys
from lashtui.screens.session import SessionScreen


def test_every_action_exists_and_has_a_key_of_its_own() -> None:
    """The palette calls them by name on the session screen."""
    for action in READING_ACTIONS:
        assert hasattr(SessionScreen, f"action_{action.action.partition('(')[0]}")
        assert action.help
    keys = [key for action in actions_with_keys() for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert len({action.key_id for action in READING_ACTIONS}) == len(READING_ACTIONS)


def test_can_be_taken_by_name() -> None:
    """For a screen that has some of them."""
    assert [action.key_id for action in actions_with_keys("search")] == ["session.search"]
