"""The keys that the user has chosen, checked against everything in the app that has a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.app.keymap import actions_of, check_keys
from lashtui.screens.fleet.screen import FleetScreen
from lashtui.screens.session import SessionScreen
from lashtui.widgets.fleet.side_list import SideList
from lashtui.widgets.panels.panel import Panel

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from lashtui.settings import AppSettings


def checked_keys(app: type[DOMNode], settings: AppSettings) -> dict[str, str]:
    """The keymap for Textual.

    Raises:
        ConfigError: an unknown action, something that is not a key, or a key bound twice.
    """
    actions = actions_of((app, SessionScreen, FleetScreen, SideList, Panel))
    return check_keys(settings.keys, actions, settings.file)
