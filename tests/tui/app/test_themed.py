"""The app's themes."""

from __future__ import annotations

import pytest

from lashd.daemon import EmbeddedDaemon
from lashtui.app.app import LashApp
from lashtui.theme import ROLES_LIGHT, THEMES, roles_of
from tests.tui.app.app_harness import app_on


@pytest.mark.parametrize("name", [*(theme.name for theme in THEMES), "nord", "textual-light"])
async def test_each_theme_knows_all_roles(daemon: EmbeddedDaemon, name: str) -> None:
    """Ours, and those of Textual, which are given what they lack."""
    app: LashApp = app_on(daemon, "s", name)
    async with app.run_test():
        assert app.theme == name
        roles = roles_of(app.theme_variables)
        if name == "textual-light":
            assert roles.quiet == ROLES_LIGHT.quiet
