"""Who binds the actions that can have other keys. Imported only where somebody wants other keys."""

from __future__ import annotations

from collections.abc import Mapping

from lashtui.app.app import LashApp
from lashtui.app.keymap import actions_of, check_keys
from lashtui.screens.picker import PickerScreen
from lashtui.screens.session import SessionScreen
from lashtui.widgets.panels.panel import Panel

KEYED = (LashApp, SessionScreen, PickerScreen, Panel)


def keymap(keys: Mapping[str, str], file: str) -> dict[str, str]:
    """The keymap of the app for the `keys` of `file`.

    Raises:
        ConfigError: an id that nothing has, a key that is none, or a key with two meanings.
    """
    return check_keys(keys, actions_of(KEYED), file)
