"""Other keys for the app's own actions."""

from __future__ import annotations

import pytest

from lashd.errors import ConfigError
from lashtui.app.keyed import keymap


def test_the_app_its_screens_and_panels_can_have_other_keys() -> None:
    """One of each."""
    wanted = {
        "app.help": "h",
        "session.follow": "l,end",
        "picker.open": "f9",
        "panel.fold": "x",
    }
    assert keymap(wanted, "c.toml") == wanted


def test_an_action_that_nothing_binds_is_refused() -> None:
    """With what may have been meant."""
    with pytest.raises(ConfigError, match=r"c\.toml.*app\.help"):
        keymap({"app.hlep": "h"}, "c.toml")
